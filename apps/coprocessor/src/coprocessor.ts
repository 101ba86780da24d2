import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { randomBytes } from 'node:crypto';
import { assertNativeBls } from '@odf/bls';
import { createRelayClient } from '@odf/client';
import { statusServer, systemClock, type StatusServer } from '@odf/telemetry';
import type { Logger } from 'pino';
import { Capacity } from './capacity.js';
import { ComputePool, type ProverFiles } from './compute-pool.js';
import { openKeyFile } from './key-file.js';
import { coprocessorMetrics } from './metrics.js';
import type { CoprocessorOptions } from './options.js';
import { ReceiptFiles } from './receipt-files.js';
import { RelayAgent } from './relay-agent.js';
import type { CoprocessorParts } from './session.js';
import { NO_CHAIN, openSettlement } from './settlement/open-settlement.js';
import { coprocessorStatus, type CoprocessorStatus } from './status.js';
import { CoprocessorStore } from './store.js';
import { parseStrategy, type Strategy } from './strategy.js';

/** Jobs that wait per compute thread before tasks are refused. */
const QUEUE_PER_WORKER = 32;

/** A coprocessor at work. */
export interface RunningCoprocessor {
  pubkey: string;
  statusUrl: string;
  /** Finishes what is being sent, then lets go of everything. */
  stop(): Promise<void>;
}

/**
 * Starts serving all relays.
 *
 * @throws {StrategyError} or {Error} when the strategy, key, store or address cannot be used.
 */
export async function startCoprocessor(options: CoprocessorOptions, logger: Logger): Promise<RunningCoprocessor> {
  assertNativeBls();
  const strategy = parseStrategy(readFileSync(options.strategy, 'utf8'));
  const clients = options.relay.map((url) => createRelayClient({ url }));
  mkdirSync(options.dataDir, { recursive: true, mode: 0o700 });
  const key = openKeyFile(options.key, randomBytes);
  const store = await CoprocessorStore.open(options.dataDir);
  const pool = new ComputePool({
    workers: options.workers,
    queueLimit: options.workers * QUEUE_PER_WORKER,
    provers: proverFiles(strategy, dirname(options.strategy)),
  });
  const agents: RelayAgent[] = [];
  const ready = () => agents.filter(({ state, problem }) => state === 'ready' && !problem).length;
  const metrics = coprocessorMetrics({
    relaysReady: ready,
    load: () => pool.load,
    settlement: () => settlement?.figures(),
  });
  const settlement = await openSettlement(options, {
    ...{ key, store, strategy: strategy.settlement, clock: systemClock, logger },
    random: randomBytes,
    count: (kind, outcome) => metrics.transactions.inc({ kind, outcome }),
    sessions: () => agents.flatMap(({ session }) => session ?? []),
  });
  const parts: CoprocessorParts = {
    key,
    strategy,
    store,
    compute: pool.compute.bind(pool),
    warmUp: pool.warmUp.bind(pool),
    capacity: new Capacity(strategy.capacity),
    receipts: new ReceiptFiles(options.dataDir),
    clock: systemClock,
    random: randomBytes,
    keptLines: (relayRoot, avsId) => settlement?.linesFor(relayRoot, avsId) ?? [],
    logger,
    metrics,
  };
  for (const client of clients) {
    agents.push(new RelayAgent(client, { ...parts, logger: logger.child({ relay: client.url.origin }) }));
  }
  const status = () => coprocessorStatus(key.pubkey, agents, store, settlement?.status() ?? NO_CHAIN);
  const server = await serveStatus(options, agents, parts, { ready, status }).catch(async (error: unknown) => {
    await Promise.all([store.close(), pool.close(), settlement?.close()]);
    throw error;
  });
  const stopping = new AbortController();
  const running = Promise.all([...agents.map((agent) => agent.run(stopping.signal)), settlement?.run(stopping.signal)]);
  return {
    pubkey: key.pubkey,
    statusUrl: server.url,
    async stop() {
      stopping.abort();
      await running;
      await Promise.all([server.close(), pool.close(), settlement?.close()]);
      await store.close();
    },
  };
}

/** The operator's own provers, named from the folder of the strategy. */
function proverFiles({ provers }: Strategy, folder: string): ProverFiles {
  return Object.fromEntries(Object.entries(provers).map(([plugin, file]) => [plugin, resolve(folder, file)]));
}

function serveStatus(
  options: CoprocessorOptions,
  agents: readonly RelayAgent[],
  { metrics, logger }: Pick<CoprocessorParts, 'metrics' | 'logger'>,
  { ready, status }: { ready: () => number; status: () => Promise<CoprocessorStatus> },
): Promise<StatusServer> {
  return statusServer({
    ...options.addr,
    log: logger,
    routes: {
      status,
      metrics: metrics.registry,
      livez: () => true,
      readyz: () => ready() > 0 || { reason: agents.map((agent) => agent.problem ?? agent.state).join('; ') },
    },
  });
}
