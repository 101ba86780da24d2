#!/usr/bin/env node
import { createLogger, settingsOf } from '@odf/telemetry';
import { startCoprocessor } from './coprocessor.js';
import { coprocessorCommand, environmentVariables, readOptions } from './options.js';
import { StrategyError } from './strategy.js';

if (process.argv[2] === '--print-configuration') {
  const settings = settingsOf(coprocessorCommand({}).options, environmentVariables);
  process.stdout.write(`${JSON.stringify(settings, null, 2)}\n`);
  process.exit(0);
}

const options = readOptions(process.argv.slice(2), process.env);
const logger = createLogger({ level: options.logLevel, name: 'odf-coprocessor' });

try {
  const coprocessor = await startCoprocessor(options, logger);
  logger.info({ coprocessor: coprocessor.pubkey, status: `${coprocessor.statusUrl}/status` }, 'coprocessor started');
  const stop = (signal: NodeJS.Signals) => {
    logger.info({ signal }, 'stopping');
    coprocessor.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.fatal({ err: error }, 'could not stop cleanly');
        process.exit(1);
      },
    );
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
} catch (error) {
  const reason = error instanceof Error ? error.message : String(error);
  const file = error instanceof StrategyError ? `${options.strategy} cannot be used: ` : '';
  logger.debug({ err: error }, 'where it failed');
  logger.fatal(`the coprocessor does not start: ${file}${reason}`);
  process.exitCode = 1;
}
