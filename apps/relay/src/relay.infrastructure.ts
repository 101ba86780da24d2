import { assertNativeBls, BlsKey, SignatureVerifier } from '@odf/bls';
import { parseAvsConfig, type AvsConfig } from '@odf/avs';
import { MemoryLiveStore } from '@odf/live-store';
import { lockupFactor } from '@odf/market';
import {
  IdentityRepository,
  installJobs,
  openDatabase,
  persistenceSchema,
  PostgresClock,
  startEmbeddedPostgres,
  type EmbeddedPostgres,
} from '@odf/persistence';
import { type Settlement } from '@odf/settlement';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import type { Logger } from 'pino';
import type { DataSource } from 'typeorm';
import { EscrowVault } from './core/escrow-vault.js';
import { AvsRegistry, coverTailMs } from './core/avs-registry.js';
import { RelaySigner } from './core/relay-signer.js';
import type { RelayChain } from './core/relay-chain.js';
import type { RelayFiler } from './core/relay-filer.js';
import type { Background } from './health/lifecycle.js';
import { ConfigError, type RelayConfig } from './relay.config.js';
import { keyFromFile } from './relay.keys.js';
import { RelayMetrics } from './relay.metrics.js';
import { openFiler } from './relay.filer.js';
import { openSettlement } from './relay.settlement.js';

/** More terms than this at once are worth a warning. */
const MANY_TERMS = 10;

/** Everything that the relay stands on, opened in an order in which each can fail with its own message. */
export interface RelayInfrastructure {
  config: RelayConfig;
  logger: Logger;
  metrics: RelayMetrics;
  signer: RelaySigner;
  vault: EscrowVault;
  registry: AvsRegistry;
  database: DataSource;
  clock: PostgresClock;
  liveStore: MemoryLiveStore;
  settlement: Settlement;
  /** What the settlement stands on; null where it is in memory. */
  chain: RelayChain | null;
  /** What anchors and files; null where the relay has no account or no chain. */
  filer: RelayFiler | null;
  /** What runs beside the requests. */
  background: Background[];
  verifier: SignatureVerifier;
  /** Closes what this opened, the database last. */
  close(): Promise<void>;
}

/**
 * Opens the relay's keys, database, clock, settlement and signature thread.
 *
 * @throws {ConfigError} when the AVS configuration or a key cannot be used, or the database belongs to another relay.
 */
export async function openInfrastructure(config: RelayConfig, logger: Logger): Promise<RelayInfrastructure> {
  assertNativeBls();
  mkdirSync(config.dataDir, { recursive: true, mode: 0o711 });
  const metrics = new RelayMetrics();
  const key = BlsKey.fromHex(
    config.relaySecretKey ??
      keyFromFile(config.dataDir, 'relay.key', () => BlsKey.generate(randomBytes).exportSecret()),
  );
  const escrowKey =
    config.escrowKey ?? keyFromFile(config.dataDir, 'escrow.key', () => `0x${randomBytes(32).toString('hex')}`);
  const registry = new AvsRegistry(readAvsConfig(config));
  tellLockup(registry, metrics, logger);
  const postgres = config.databaseUrl ? undefined : await startEmbedded(config, logger);
  const database = await openDatabase({
    url: config.databaseUrl ?? postgres!.url,
    ...persistenceSchema,
    poolSize: 20,
    applicationName: 'odf-relay',
    onConnectionError: (error) => logger.warn({ err: error }, 'a database connection broke'),
  });
  await installJobs(config.databaseUrl ?? postgres!.url);
  const clock = new PostgresClock(database);
  await clock.refresh();
  await assertOwnDatabase(database, key);
  const parts = { config, database, clock, registry, metrics, logger };
  const opened = await openSettlement(parts).catch(async (error: unknown) => {
    await database.destroy();
    await postgres?.stop();
    throw error;
  });
  const verifier = new SignatureVerifier({
    onBatch: ({ size, refused, seconds }) => {
      metrics.signatureBatches.observe(seconds);
      metrics.signatures.inc({ holds: 'yes' }, size - refused);
      metrics.signatures.inc({ holds: 'no' }, refused);
    },
  });
  await verifier.start();
  const filing = opened.chain && openFiler({ ...parts, chain: opened.chain, verifier });
  const liveStore = new MemoryLiveStore(clock, (error) => logger.error({ err: error }, 'a wake-up handler failed'));
  return {
    config,
    logger,
    metrics,
    signer: new RelaySigner(key, { chainId: config.chainId, settlement: config.settlement }),
    vault: new EscrowVault(escrowKey, randomBytes),
    registry,
    database,
    clock,
    liveStore,
    settlement: opened.settlement,
    chain: opened.chain,
    filer: filing?.filer ?? null,
    background: [...(filing?.background ?? []), ...(opened.follower ? [opened.follower] : [])],
    verifier,
    close: async () => {
      await verifier.close();
      await liveStore.close();
      await opened.close();
      if (database.isInitialized) await database.destroy();
      await postgres?.stop();
    },
  };
}

/** A term much shorter than the time in which its slashes can be claimed binds collateral many times over. */
function tellLockup(registry: AvsRegistry, metrics: RelayMetrics, logger: Logger): void {
  for (const { config } of registry.all()) {
    const terms = lockupFactor(config.windows_ms.term, coverTailMs(config));
    metrics.coverLockup.set({ avs: config.name }, terms);
    if (terms <= MANY_TERMS) continue;
    logger.warn({ avs: config.name, terms }, 'cover is locked for many terms at once: a longer term needs less of it');
  }
}

function readAvsConfig({ avsConfigFile }: RelayConfig): AvsConfig[] {
  if (!avsConfigFile) return [];
  let text: string;
  try {
    text = readFileSync(avsConfigFile, 'utf8');
  } catch (cause) {
    throw new ConfigError(`ODF_AVS_CONFIG: ${(cause as Error).message}`, { cause });
  }
  try {
    return parseAvsConfig(text, process.env);
  } catch (cause) {
    throw new ConfigError(`ODF_AVS_CONFIG ${avsConfigFile}: ${(cause as Error).message}`, { cause });
  }
}

async function startEmbedded(config: RelayConfig, logger: Logger): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres({ dataDir: `${config.dataDir}/postgres` });
  logger.info({ adopted: postgres.adopted }, 'embedded Postgres is up');
  return postgres;
}

async function assertOwnDatabase(database: DataSource, key: BlsKey): Promise<void> {
  const pinned = await new IdentityRepository(database).pin(key.pubkey);
  if (pinned === key.pubkey) return;
  await database.destroy();
  throw new ConfigError(
    `the database belongs to the relay ${pinned}, and this one is ${key.pubkey}: give it its own database, or the other key`,
  );
}
