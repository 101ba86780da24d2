import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import ts from 'typescript';
import { errorCodes, routes } from '@odf/protocol';

/**
 * What docs/architecture.md says of the sources is true, and the sources keep the house rules.
 *
 * The page has one table of the flow, a row per step, with exactly the columns of `COLUMNS`. A cell holds code spans or
 * links: a route as `METHOD /path` (query left out), files as paths from the root or links, tables and keys by name,
 * metrics and codes by their full name; `–` where a step has none.
 */
const ROOT = resolve(__dirname, '..');
const PAGE = 'docs/architecture.md';
const METRICS = 'apps/relay/src/relay.metrics.ts';
const MIGRATIONS = 'libs/persistence/src/migrations';
const COLUMNS = ['#', 'Step', 'Route', 'Service', 'Pure rule', 'Rows / keys', 'Metric', 'Codes', 'Spec'];
const NOUNS = [
  'bids',
  'awards',
  'deliveries',
  'commitments',
  'enrollments',
  'delegations',
  'outcomes',
  'vouchers',
  'claims',
];
const TOP_LEVEL = [
  ...['apps', 'libs', 'docker', 'test', 'docs', '.ci', '.git'],
  ...['README.md', 'LICENSE', 'CONTRIBUTING.md', 'package.json', 'package-lock.json', 'nest-cli.json'],
  ...['tsconfig.json', 'tsconfig.build.json', 'jest.config.cjs', 'eslint.config.mjs', '.dependency-cruiser.cjs'],
  ...['.prettierrc.json', '.prettierignore', '.editorconfig', '.gitignore', '.npmrc', 'foundry.toml'],
];
const MOST_LINES = 400;
/** Tables of bad input and doubles are long lists of one thing. */
const MOST_LINES_OF_TESTS = 500;

function read(path: string): string {
  const file = join(ROOT, path);
  if (!existsSync(file)) throw new Error(`${path} is missing; test/architecture.spec.ts asserts what it says`);
  return readFileSync(file, 'utf8');
}

/** Files under a folder of the repository, as paths from its root. */
function filesUnder(folder: string, ending: string): string[] {
  if (!existsSync(join(ROOT, folder))) return [];
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
    .filter((path) => !/(^|\/)(node_modules|dist|generated|\.odf)\//.test(path));
}

/** The code spans of a Markdown text, and the targets of its links as paths from the root. */
function references(markdown: string): { spans: string[]; links: string[] } {
  const spans = [...markdown.matchAll(/`([^`\n]+)`/g)].map(([, span]) => span!);
  const links = [...markdown.matchAll(/\]\(([^)\s#]+)(?:#[^)]*)?\)/g)]
    .map(([, target]) => target!)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => relative(ROOT, resolve(ROOT, dirname(PAGE), target)));
  return { spans, links };
}

const isPath = (span: string): boolean => /^(apps|libs|test|docs|docker|\.ci)\/[\w./-]+$/.test(span);
const pathsIn = (markdown: string): string[] => {
  const { spans, links } = references(markdown);
  return [...new Set([...spans.filter(isPath), ...links])];
};

type Step = Record<string, string>;

/** The rows of the flow table, by column. */
function flowSteps(page: string): Step[] {
  const lines = page.split('\n').filter((line) => line.startsWith('|'));
  const cells = (line: string): string[] =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
  const head = lines.findIndex((line) => cells(line).join() === COLUMNS.join());
  if (head < 0) throw new Error(`${PAGE} has no table with the columns ${COLUMNS.join(' | ')}`);
  const rows: string[][] = [];
  for (const line of lines.slice(head + 2)) {
    if (!/^\d+$/.test(cells(line)[0] ?? '')) break;
    rows.push(cells(line));
  }
  return rows.map((row) => Object.fromEntries(COLUMNS.map((column, at) => [column, row[at] ?? ''])));
}

/** Names of the tables that the migrations create. */
function tables(): Set<string> {
  const sources = [...filesUnder(MIGRATIONS, '.ts'), ...filesUnder(MIGRATIONS, '.sql')].map(read).join('\n');
  return new Set(
    [...sources.matchAll(/create\s+(?:unlogged\s+)?table\s+(?:if\s+not\s+exists\s+)?"?(\w+)"?/gi)].map(([, name]) =>
      name!.toLowerCase(),
    ),
  );
}

/** Every metric of relay.metrics.ts with its help text: a `help` beside its `name`, or the next string argument. */
function metrics(): Map<string, string> {
  const found = new Map<string, string>();
  const text = (node: ts.Node | undefined): string => (node && ts.isStringLiteralLike(node) ? node.text : '');
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) && /^odf_[a-z0-9_]+$/.test(node.text)) found.set(node.text, helpBeside(node));
    ts.forEachChild(node, visit);
  };
  const helpBeside = (name: ts.Node): string => {
    const { parent } = name;
    if (ts.isCallExpression(parent) || ts.isNewExpression(parent)) {
      const given = parent.arguments ?? [];
      return text(given[given.findIndex((argument) => argument === name) + 1]);
    }
    if (!ts.isPropertyAssignment(parent) || !ts.isObjectLiteralExpression(parent.parent)) return '';
    const help = parent.parent.properties.find((property) => property.name?.getText() === 'help');
    return help && ts.isPropertyAssignment(help) ? text(help.initializer) : '';
  };
  visit(ts.createSourceFile(METRICS, read(METRICS), ts.ScriptTarget.Latest, true));
  return found;
}

const routeNames = Object.values(routes).map((route) => `${route.method} ${route.path}`);
const withoutParameters = (route: string): string => route.replace(/\?.*$/, '').replace(/\{\w+\}/g, '{}');

describe('docs/architecture.md', () => {
  it('fits 150 lines', () => {
    expect(read(PAGE).trimEnd().split('\n').length).toBeLessThanOrEqual(150);
  });

  it('names no file that is not there', () => {
    const named = pathsIn(read(PAGE));
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  it('tells the flow in eight numbered steps with every cell filled', () => {
    const steps = flowSteps(read(PAGE));
    expect(steps.map((step) => step['#'])).toEqual(['1', '2', '3', '4', '5', '6', '7', '8']);
    expect(steps.filter((step) => COLUMNS.some((column) => step[column] === ''))).toEqual([]);
  });

  it.each<[column: string, known: () => (name: string) => boolean]>([
    ['Route', () => (name) => routeNames.map(withoutParameters).includes(withoutParameters(name))],
    ['Service', () => (name) => name.endsWith('.service.ts') || !isPath(name)],
    ['Pure rule', () => (name) => name.startsWith('libs/') || name.endsWith('.rules.ts') || !isPath(name)],
    [
      'Rows / keys',
      () => {
        const known = tables();
        return (name) => !/^[a-z_]+$/.test(name) || known.has(name);
      },
    ],
    [
      'Metric',
      () => {
        const known = metrics();
        return (name) => known.has(name);
      },
    ],
    ['Codes', () => (name) => name in errorCodes],
    ['Spec', () => (name) => /spec\.ts$/.test(name)],
  ])('names under "%s" only what exists', (column, known) => {
    const steps = flowSteps(read(PAGE));
    const isKnown = known();
    const named = steps.flatMap((step) => {
      const { spans, links } = references(step[column]!);
      return ['Service', 'Pure rule', 'Spec'].includes(column) && links.length > 0 ? links : spans;
    });
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((name) => !isKnown(name))).toEqual([]);
  });

  it('or the OpenAPI document has every route of the protocol', () => {
    const { paths } = JSON.parse(read('docs/openapi.json')) as { paths: Record<string, Record<string, unknown>> };
    const documented = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const known = new Set([...documented, ...references(read(PAGE)).spans]);
    expect(routeNames.length).toBeGreaterThan(20);
    expect(routeNames.filter((route) => !known.has(route))).toEqual([]);
  });
});

describe('one noun, six places', () => {
  const headings = (): Set<string> => {
    const pages = ['README.md', ...filesUnder('docs', '.md')].map(read).join('\n');
    const titles = [...pages.matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
      title!.trim().toLowerCase().replace(/\W+/g, '-'),
    );
    const anchors = [...pages.matchAll(/<a id="([\w-]+)">/g)].map(([, id]) => id!);
    return new Set([...titles, ...anchors]);
  };

  it.each(NOUNS)('%s', (noun) => {
    const code = `${noun.replace(/ies$/, 'y').replace(/s$/, '').toUpperCase()}_`;
    const places = {
      [`folder apps/relay/src/${noun}`]: existsSync(join(ROOT, 'apps/relay/src', noun)),
      [`a route with /${noun}`]: routeNames.some((route) => route.split('/').includes(noun)),
      [`table ${noun}`]: tables().has(noun),
      [`a metric odf_${noun}_…`]: [...metrics().keys()].some((name) => name.startsWith(`odf_${noun}_`)),
      [`a code ${code}…`]: Object.keys(errorCodes).some((name) => name.startsWith(code)),
      [`a heading #${noun} in docs`]: headings().has(noun),
    };
    expect(Object.keys(places).filter((place) => !places[place])).toEqual([]);
  });
});

describe('the sources', () => {
  it('give every metric a help text', () => {
    expect(metrics().size).toBeGreaterThan(10);
    expect([...metrics()].filter(([, help]) => help.trim().split(/\s+/).length < 3).map(([name]) => name)).toEqual([]);
  });

  it('use every error code', () => {
    const shipped = [...filesUnder('apps', '.ts'), ...filesUnder('libs', '.ts')]
      .filter((path) => !/spec\.ts$|^libs\/testing\/|\/errors\.ts$|^libs\/protocol\/src\/routes\//.test(path))
      .map(read)
      .join('\n');
    expect(Object.keys(errorCodes).filter((code) => !new RegExp(`['"\`]${code}['"\`]`).test(shipped))).toEqual([]);
  });

  it(`have no file of more than ${MOST_LINES} lines, tests of ${MOST_LINES_OF_TESTS}`, () => {
    const files = ['apps', 'libs', 'test'].flatMap((folder) => filesUnder(folder, '.ts'));
    const long = files.map((path) => `${path}: ${read(path).split('\n').length - 1}`);
    const most = (path: string) => (path.startsWith('test/') ? MOST_LINES_OF_TESTS : MOST_LINES);
    expect(long.filter((line) => Number(line.split(': ')[1]) > most(line))).toEqual([]);
  });

  it('lie in the folders of the architecture and nowhere else', () => {
    const ignored = read('.gitignore')
      .split('\n')
      .filter(Boolean)
      .map((line) => new RegExp(`^${line.replace(/\/$/, '').replace(/[.+]/g, '\\$&').replaceAll('*', '.*')}$`));
    const entries = readdirSync(ROOT).filter((name) => !ignored.some((pattern) => pattern.test(name)));
    expect(entries.filter((name) => !TOP_LEVEL.includes(name))).toEqual([]);
  });
});
