import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageDir } from '../paths.js';

const BEGIN = '<!-- graph:begin -->';
const END = '<!-- graph:end -->';

/** Whom each app and lib imports; keys are `apps/<name>` and `libs/<name>`. */
export type Dependencies = ReadonlyMap<string, ReadonlySet<string>>;

const folders = (dir: string): string[] =>
  readdirSync(dir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();

function shippedSources(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /(?<!spec)\.ts$/.test(entry.name))
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((file) => !file.slice(dir.length).split('/').includes('test'));
}

/** Reads from the sources which libs each app and lib imports; specs do not count. */
export function readDependencies(root = packageDir): Dependencies {
  const parts = ['apps', 'libs'].flatMap((kind) => folders(join(root, kind)).map((name) => `${kind}/${name}`));
  return new Map(
    parts.map((part) => {
      const text = shippedSources(join(root, part, 'src')).map((file) => readFileSync(file, 'utf8'));
      const imported = text.flatMap((source) =>
        [...source.matchAll(/from '@odf\/([a-z-]+)'/g)].map(([, lib]) => `libs/${lib}`),
      );
      return [part, new Set(imported.filter((lib) => lib !== part).sort())];
    }),
  );
}

/** Leaves out every arrow that others imply, so that the layers show. */
function reduced(all: Dependencies): [from: string, to: string][] {
  const reaches = (from: string, to: string): boolean =>
    from === to || [...(all.get(from) ?? [])].some((next) => reaches(next, to));
  return [...all].flatMap(([from, targets]) =>
    [...targets]
      .filter((to) => ![...targets].some((other) => other !== to && reaches(other, to)))
      .map((to): [string, string] => [from, to]),
  );
}

const nodeOf = (part: string): string => part.replaceAll(/[/-]/g, '_');
const nameOf = (part: string): string => part.split('/')[1]!;

/** The dependency graph as a Mermaid diagram. */
export function mermaidGraph(dependencies: Dependencies): string {
  const group = (kind: string): string[] => [
    `  subgraph ${kind}`,
    ...[...dependencies.keys()]
      .filter((part) => part.startsWith(`${kind}/`))
      .map((part) => `    ${nodeOf(part)}[${nameOf(part)}]`),
    '  end',
  ];
  const arrows = reduced(dependencies).map(([from, to]) => `  ${nodeOf(from)} --> ${nodeOf(to)}`);
  return ['```mermaid', 'flowchart TD', ...group('apps'), ...group('libs'), ...arrows, '```'].join('\n');
}

/**
 * Puts the graph between the markers of a page.
 *
 * @throws {Error} when the page does not have both markers, once and in order.
 */
export function withGraph(page: string, graph: string): string {
  const [before, rest, ...more] = page.split(BEGIN);
  const [, after, ...others] = rest?.split(END) ?? [];
  if (before === undefined || after === undefined || more.length + others.length > 0) {
    throw new Error(`docs/architecture.md needs ${BEGIN} and, after it, ${END}, each once`);
  }
  return `${before}${BEGIN}\n\n${graph}\n\n${END}${after}`;
}
