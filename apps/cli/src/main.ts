#!/usr/bin/env node
import { Command } from 'commander';

/** Each command is loaded when it is called, as some bring a whole chain library with them. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  demo: async () => (await import('./demo/demo.js')).demoCommand(),
  audit: async () => (await import('./audit/audit.js')).auditCommand(),
  claim: async () => (await import('./claim/claim.js')).claimCommand(),
  statement: async () => (await import('./statement/statement.js')).statementCommand(),
  reputation: async () => (await import('./reputation/reputation.js')).reputationCommand(),
  simulate: async () => (await import('./simulate/simulate.js')).simulateCommand(),
  keys: async () => (await import('./keys/keys.js')).keysCommand(),
  bench: async () => (await import('./bench.js')).benchCommand(),
  docs: async () => (await import('./docs/docs.js')).docsCommand(),
};

const odf = new Command('odf')
  .description('Tools of the Optimistic Delegation Framework.')
  .showHelpAfterError('(see --help)');

try {
  const called = commands[process.argv[2] ?? ''];
  const loaded = called ? [called] : Object.values(commands);
  for (const load of loaded) odf.addCommand(await load());
  await odf.parseAsync();
} catch (error) {
  console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
  if (process.env['LOG_LEVEL'] === 'debug') console.error(error);
  process.exitCode = 1;
}
