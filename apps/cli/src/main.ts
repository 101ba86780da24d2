#!/usr/bin/env node
import { Command } from 'commander';
import { auditCommand } from './audit/audit.js';
import { benchCommand } from './bench.js';
import { claimCommand } from './claim/claim.js';
import { demoCommand } from './demo/demo.js';
import { docsCommand } from './docs/docs.js';
import { keysCommand } from './keys/keys.js';
import { reputationCommand } from './reputation/reputation.js';
import { simulateCommand } from './simulate/simulate.js';
import { statementCommand } from './statement/statement.js';

const odf = new Command('odf')
  .description('Tools of the Optimistic Delegation Framework.')
  .addCommand(demoCommand())
  .addCommand(auditCommand())
  .addCommand(claimCommand())
  .addCommand(statementCommand())
  .addCommand(simulateCommand())
  .addCommand(reputationCommand())
  .addCommand(keysCommand())
  .addCommand(benchCommand())
  .addCommand(docsCommand())
  .showHelpAfterError('(see --help)');

try {
  await odf.parseAsync();
} catch (error) {
  console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
  if (process.env['LOG_LEVEL'] === 'debug') console.error(error);
  process.exitCode = 1;
}
