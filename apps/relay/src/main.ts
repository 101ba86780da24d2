import 'reflect-metadata';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createLogger } from '@odf/telemetry';
import type { Logger } from 'pino';
import { createRelay } from './create-relay.js';
import { ConfigError, readRelayConfig, type RelayConfig } from './relay.config.js';
import { openInfrastructure, type RelayInfrastructure } from './relay.infrastructure.js';
import { relayHelp, relaySettings } from './relay.settings.js';

/** A drain that takes longer is cut off; nothing acknowledged is lost by it. */
const DRAIN_MS = 30_000;

async function main([argument]: readonly string[]): Promise<void> {
  if (argument === '--help' || argument === '-h') process.stdout.write(relayHelp());
  else if (argument === '--print-configuration') process.stdout.write(`${JSON.stringify(relaySettings(), null, 2)}\n`);
  else if (argument === undefined) await serve();
  else throw new ConfigError(`unknown argument ${argument}; the relay is configured by its environment (see --help)`);
}

async function serve(): Promise<void> {
  const config = readRelayConfig(process.env);
  const logger = createLogger({
    name: 'odf-relay',
    level: config.logLevel as 'info',
    pretty: config.logPretty,
  });
  const infrastructure = await openInfrastructure(config, logger);
  const app = await createRelay(infrastructure).catch(async (error: unknown) => {
    await infrastructure.close();
    throw error;
  });
  await app.listen(config.port, config.host).catch(async (error: unknown) => {
    await app.close();
    await infrastructure.close();
    throw error;
  });
  announce(app, infrastructure);
  stopOnSignals(app, infrastructure, logger);
}

/** Prints the URL that validators and coprocessors point at. */
function announce(app: NestFastifyApplication, { config, signer, registry, logger }: RelayInfrastructure): void {
  const { port } = app.getHttpServer().address() as { port: number };
  const host = shownHost(config);
  const url = `http://${signer.pubkey}@${host}:${port}`;
  logger.info(
    { url, pubkey: signer.pubkey, port, avs: registry.all().map((avs) => avs.config.name) },
    'the relay is up',
  );
  process.stdout.write(`ODF relay: ${url}\nAPI:       http://${host}:${port}/docs\n`);
}

function shownHost({ host }: RelayConfig): string {
  return host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
}

function stopOnSignals(app: NestFastifyApplication, infrastructure: RelayInfrastructure, logger: Logger): void {
  let stopping = false;
  const stop = (signal: string): void => {
    if (stopping) return;
    stopping = true;
    logger.info({ signal }, 'draining');
    const cutOff = setTimeout(() => {
      logger.error('the drain took too long');
      process.exit(1);
    }, DRAIN_MS).unref();
    app
      .close()
      .then(() => infrastructure.close())
      .then(
        () => {
          clearTimeout(cutOff);
          logger.info('stopped');
          process.exit(0);
        },
        (error: unknown) => {
          logger.error({ err: error }, 'stopping failed');
          process.exit(1);
        },
      );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const text = error instanceof ConfigError ? error.message : ((error as Error).stack ?? String(error));
  process.stderr.write(`${text}\n`);
  process.exit(1);
});
