/**
 * The dependency direction of docs/architecture.md, as rules:
 *
 *   apps → client, persistence, live-store, settlement, avs, bls, telemetry → market → protocol
 *
 * Specs and `test/` may reach across libs; nothing that ships may reach them.
 * `test/dependency-rules.spec.ts` plants a violation of every rule and expects it to be caught.
 */
const TESTS = String.raw`\.(e2e-)?spec\.ts$|(^|/)test/`;
const ADAPTERS = 'persistence|live-store|settlement|avs|bls';

/** The folders of apps/relay/src that every feature may use; all others there are features. */
const RELAY_SHARED = '(http|core)';

/** What a pure lib never sees: frameworks, drivers, and the parts of Node that reach outside the process. */
const IMPURE_PACKAGES = String.raw`node_modules/(@nestjs|@fastify|@redis|fastify|typeorm|pg|pg-[^/]+|redis|ioredis|graphile-worker|pino|prom-client)/`;
const IMPURE_CORE = String.raw`^(node:)?(fs|net|tls|dgram|dns|http|https|http2|child_process|cluster|worker_threads|os|process)(/|$)`;

/** A rule that fails the check. */
const forbid = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });
const shipped = (path) => ({ path, pathNot: TESTS });

module.exports = {
  forbidden: [
    forbid(
      'no-cycles',
      'A cycle crashes under ESM as soon as a decorator reads its half-loaded side. Move the shared part below both.',
      {},
      { circular: true },
    ),
    forbid(
      'protocol-sees-no-lib',
      'protocol is the bottom: it imports npm packages and itself.',
      shipped('^libs/protocol/'),
      { path: '^(apps|libs)/', pathNot: '^libs/protocol/' },
    ),
    forbid(
      'market-sees-protocol-only',
      'market is pure: it imports npm packages, protocol and itself.',
      shipped('^libs/market/'),
      { path: '^(apps|libs)/', pathNot: '^libs/(market|protocol)/' },
    ),
    forbid(
      'pure-libs-see-no-framework',
      'protocol and market decide; they do not talk to databases, networks, disks or frameworks. Pass values in.',
      shipped('^libs/(protocol|market)/'),
      { path: [IMPURE_PACKAGES, IMPURE_CORE] },
    ),
    forbid('no-lib-sees-an-app', 'Apps wire libs, never the other way round.', { path: '^libs/' }, { path: '^apps/' }),
    forbid(
      'adapters-stay-apart',
      'Adapters meet in an app. Give the one what it needs of the other as an argument or a port.',
      shipped(`^libs/(${ADAPTERS})/`),
      { path: `^libs/(${ADAPTERS}|client)/`, pathNot: '^libs/$1/' },
    ),
    forbid(
      'client-sees-no-adapter',
      'The SDK runs in a stranger’s process: protocol, market and telemetry only.',
      shipped('^libs/client/'),
      { path: `^libs/(${ADAPTERS})/` },
    ),
    forbid(
      'telemetry-sees-no-adapter',
      'Every adapter may log, so telemetry may know none of them.',
      shipped('^libs/telemetry/'),
      { path: `^libs/(${ADAPTERS}|client)/` },
    ),
    forbid(
      'testing-only-from-tests',
      'Factories and fakes stay out of what ships.',
      { path: '^(apps|libs)/', pathNot: [TESTS, '^libs/testing/'] },
      { path: '^libs/testing/' },
    ),
    forbid(
      'nothing-shipped-sees-a-test',
      'A spec is a leaf. Shared set-up belongs into libs/testing.',
      { path: '^(apps|libs)/', pathNot: TESTS },
      { path: TESTS, pathNot: 'node_modules' },
    ),
    forbid(
      'libs-by-their-index',
      'Import @odf/<lib>; what its index.ts does not export is private.',
      { path: '^(?:apps|libs)/([^/]+)/', pathNot: TESTS },
      { path: '^libs/[^/]+/src/', pathNot: ['^libs/[^/]+/src/index\\.ts$', '^libs/$1/'] },
    ),
    forbid(
      'features-meet-in-services',
      'A folder of the relay reaches another through its *.service.ts only; http/ and core/ are there for all.',
      { path: '^apps/relay/src/([^/]+)/', pathNot: TESTS },
      { path: '^apps/relay/src/[^/]+/', pathNot: [`^apps/relay/src/($1|${RELAY_SHARED})/`, '\\.service\\.ts$'] },
    ),
    forbid(
      'apps-stay-apart',
      'An app may start another as a process, never import it.',
      { path: '^apps/([^/]+)/' },
      { path: '^apps/', pathNot: '^apps/$1/' },
    ),
    forbid(
      'no-unlisted-package',
      'A package that is not in package.json is there by luck.',
      {},
      { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    ),
    forbid(
      'no-dev-package-in-shipped-code',
      'The image is installed with --omit=dev.',
      { path: '^(apps|libs)/', pathNot: [TESTS, '^libs/testing/', '^libs/settlement/contracts/'] },
      { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only', 'npm'], pathNot: 'node_modules/@types/' },
    ),
    forbid('no-unresolved-import', 'The import leads nowhere.', {}, { couldNotResolve: true }),
  ],
  options: {
    doNotFollow: { path: ['node_modules', '^dist/'] },
    exclude: { path: ['^dist/', '^coverage/'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types', 'require'],
      mainFields: ['module', 'main', 'types'],
    },
  },
};
