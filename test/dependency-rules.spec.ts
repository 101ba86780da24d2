import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const ROOT = resolve(__dirname, '..');
const CRUISER = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
const CONFIG = join(ROOT, '.dependency-cruiser.cjs');
const ADAPTERS = ['persistence', 'live-store', 'settlement', 'avs', 'bls'];

type Tree = Record<string, string>;
interface Violation {
  from: string;
  rule: { name: string };
}

const importing = (...specifiers: string[]): string =>
  specifiers.map((specifier) => `import '${specifier}';`).join('\n') + '\nexport {};\n';

/** A tree that keeps every rule, with one file for each place that a rule speaks of. */
const sound: Tree = {
  'libs/protocol/src/index.ts': importing('zod', 'node:crypto'),
  'libs/market/src/index.ts': importing('@odf/protocol'),
  'libs/telemetry/src/index.ts': importing('pino', '@odf/protocol'),
  'libs/client/src/index.ts': importing('@odf/market', '@odf/protocol', '@odf/telemetry'),
  ...Object.fromEntries(
    ADAPTERS.map((name) => [`libs/${name}/src/index.ts`, importing('./part.js', '@odf/market', '@odf/telemetry')]),
  ),
  ...Object.fromEntries(ADAPTERS.map((name) => [`libs/${name}/src/part.ts`, importing('node:fs')])),
  'libs/testing/src/index.ts': importing('@odf/persistence', '@odf/bls', 'fast-check'),
  'libs/market/src/clear.spec.ts': importing('@odf/testing', '@odf/bls', 'node:fs', 'fast-check'),
  'apps/relay/src/main.ts': importing('./bids/bids.controller.js', '@odf/persistence', '@odf/bls'),
  'apps/relay/src/http/endpoint.ts': importing('@nestjs/common'),
  'apps/relay/src/http/access.guard.ts': importing('../auctions/auctions.service.js'),
  'apps/relay/src/bids/bids.controller.ts': importing('../http/endpoint.js', './bids.service.js'),
  'apps/relay/src/bids/bids.service.ts': importing('../auctions/auctions.service.js'),
  'apps/relay/src/auctions/auctions.service.ts': importing('./auctions.rules.js'),
  'apps/relay/src/auctions/auctions.rules.ts': importing('@odf/market'),
  'apps/sidecar/src/main.ts': importing('@odf/client'),
  'test/e2e/road.spec.ts': importing('@odf/testing', '../../apps/relay/src/main.js', '../../apps/sidecar/src/main.js'),
};

/** One rule broken by each row: `[rule, file, what it imports]`. */
const broken: [rule: string, file: string, ...imports: string[]][] = [
  ['no-cycles', 'libs/bls/src/left.ts', './right.js'],
  ['protocol-sees-no-lib', 'libs/protocol/src/up.ts', '@odf/market'],
  ['protocol-sees-no-lib', 'libs/protocol/src/log.ts', '@odf/telemetry'],
  ['market-sees-protocol-only', 'libs/market/src/log.ts', '@odf/telemetry'],
  ['market-sees-protocol-only', 'libs/market/src/verify.ts', '@odf/bls'],
  ['pure-libs-see-no-framework', 'libs/protocol/src/nest.ts', '@nestjs/common'],
  ['pure-libs-see-no-framework', 'libs/protocol/src/disk.ts', 'node:fs/promises'],
  ['pure-libs-see-no-framework', 'libs/market/src/rows.ts', 'typeorm'],
  ['pure-libs-see-no-framework', 'libs/market/src/query.ts', 'pg'],
  ['no-lib-sees-an-app', 'libs/avs/src/up.ts', '../../../apps/sidecar/src/main.js'],
  ['no-lib-sees-an-app', 'libs/testing/src/up.ts', '../../../apps/sidecar/src/main.js'],
  ...ADAPTERS.flatMap((from) =>
    [...ADAPTERS, 'client']
      .filter((to) => to !== from)
      .map((to): [string, string, string] => ['adapters-stay-apart', `libs/${from}/src/sees-${to}.ts`, `@odf/${to}`]),
  ),
  ['client-sees-no-adapter', 'libs/client/src/verify.ts', '@odf/bls'],
  ['telemetry-sees-no-adapter', 'libs/telemetry/src/queries.ts', '@odf/persistence'],
  ['testing-only-from-tests', 'libs/market/src/sample.ts', '@odf/testing'],
  ['testing-only-from-tests', 'apps/relay/src/sample.ts', '@odf/testing'],
  ['nothing-shipped-sees-a-test', 'libs/market/src/reuse.ts', './clear.spec.js'],
  ['nothing-shipped-sees-a-test', 'apps/relay/src/reuse.ts', '../../../test/e2e/road.spec.js'],
  ['libs-by-their-index', 'apps/relay/src/deep.ts', '../../../libs/bls/src/part.js'],
  ['libs-by-their-index', 'libs/avs/src/deep.ts', '../../telemetry/src/clock.js'],
  ['features-meet-in-services', 'apps/relay/src/bids/shortcut.ts', '../auctions/auctions.rules.js'],
  ['features-meet-in-services', 'apps/relay/src/auctions/auctions.controller.ts', '../bids/bids.controller.js'],
  ['features-meet-in-services', 'apps/relay/src/http/auctions.ts', '../auctions/auctions.rules.js'],
  ['apps-stay-apart', 'apps/cli/src/demo.ts', '../../relay/src/main.js'],
  ['no-unlisted-package', 'libs/avs/src/luck.ts', 'semver'],
  ['no-dev-package-in-shipped-code', 'apps/relay/src/dev.ts', 'fast-check'],
  ['no-unresolved-import', 'apps/cli/src/lost.ts', './nowhere.js'],
];

describe('the dependency rules', () => {
  const folders: string[] = [];
  afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

  function violationsOf(tree: Tree): string[] {
    const folder = mkdtempSync(join(tmpdir(), 'odf-rules-'));
    folders.push(folder);
    for (const [file, source] of Object.entries(tree)) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), source);
    }
    for (const file of ['package.json', 'tsconfig.json']) copyFileSync(join(ROOT, file), join(folder, file));
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    const args = [CRUISER, '--config', CONFIG, '--output-type', 'json', 'apps', 'libs', 'test'];
    const run = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8', maxBuffer: 1 << 28 });
    if (!run.stdout.startsWith('{')) throw new Error(`dependency-cruiser did not run: ${run.stderr}${run.stdout}`);
    const { summary } = JSON.parse(run.stdout) as { summary: { violations: Violation[] } };
    return summary.violations.map(({ rule, from }) => `${rule.name}: ${from}`).sort();
  }

  it('find nothing to say about a sound tree', () => {
    expect(violationsOf(sound)).toEqual([]);
  });

  describe('given one violation of each', () => {
    const planted = Object.fromEntries(broken.map(([, file, ...imports]) => [file, importing(...imports)]));
    const targets: Tree = {
      'libs/bls/src/right.ts': importing('./left.js'),
      'libs/telemetry/src/clock.ts': importing(),
      'libs/market/src/type-only.ts': "export type { Verifier } from '@odf/bls';\n",
    };
    let found: string[];
    beforeAll(() => {
      found = violationsOf({ ...sound, ...targets, ...planted });
    });

    it.each(broken)('%s catches %s importing %s', (rule, file) => {
      expect(found).toContain(`${rule}: ${file}`);
    });

    it('see imports of types alone', () => {
      expect(found).toContain('market-sees-protocol-only: libs/market/src/type-only.ts');
    });

    it('blame no sound file', () => {
      expect(found.filter((line) => line.slice(line.indexOf(': ') + 2) in sound)).toEqual([]);
    });
  });

  it('are each tried by a violation', () => {
    const names = [...readFileSync(CONFIG, 'utf8').matchAll(/forbid\(\s*'([a-z-]+)'/g)].map(([, name]) => name);
    expect(names.length).toBeGreaterThan(10);
    expect(names.filter((name) => !broken.some(([rule]) => rule === name))).toEqual([]);
  });
});
