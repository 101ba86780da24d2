import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { plugins, type Computed, type PluginName } from '@odf/avs';
import { BlsKey } from '@odf/bls';
import { createRelayClient, type RelayClient } from '@odf/client';
import { routes, type Delivery, type Hex } from '@odf/protocol';
import { systemClock } from '@odf/telemetry';
import { pino } from 'pino';
import { Capacity } from '../../apps/coprocessor/src/capacity.js';
import { coprocessorMetrics } from '../../apps/coprocessor/src/metrics.js';
import { ReceiptFiles } from '../../apps/coprocessor/src/receipt-files.js';
import { RelayAgent } from '../../apps/coprocessor/src/relay-agent.js';
import type { Compute } from '../../apps/coprocessor/src/session.js';
import { CoprocessorStore } from '../../apps/coprocessor/src/store.js';
import { parseStrategy } from '../../apps/coprocessor/src/strategy.js';

/** How a coprocessor lies. */
export type Lie =
  /** The attested result names another Merkle root; commitment and witness are right. */
  | 'wrong-root'
  /** The witness is that of another input. */
  | 'other-witness'
  /** The bytes sent are not those that were attested. */
  | 'mismatch'
  /** The delivery comes after the window. */
  | 'late'
  /** No delivery at all. */
  | 'silent';

/** A lying coprocessor at work. */
export interface LyingCoprocessor {
  readonly agent: RelayAgent;
  readonly pubkey: Hex;
  stop(): Promise<void>;
}

const never = new AbortController().signal;

/** Changes the last bit: of a kzg-da result that is its Merkle root, of an input its last field element. */
function flipped(bytes: Uint8Array): Uint8Array {
  const changed = Uint8Array.from(bytes);
  changed[changed.length - 1]! ^= 1;
  return changed;
}

async function lieAbout(lie: Lie, plugin: PluginName, input: Uint8Array, signal: AbortSignal): Promise<Computed> {
  if (lie === 'silent') {
    await new Promise((_, reject) =>
      signal.addEventListener('abort', () => reject(new Error('silent')), { once: true }),
    );
  }
  const honest = await plugins[plugin].compute(input, never);
  if (lie === 'wrong-root') return { ...honest, result: flipped(honest.result) };
  if (lie === 'other-witness') {
    const { witness } = await plugins[plugin].compute(flipped(input), never);
    return { ...honest, witness };
  }
  return honest;
}

/** Changes or delays deliveries on their way to the relay; everything else passes. */
function lyingClient(client: RelayClient, lie: Lie, lateMs: number): RelayClient {
  const data: RelayClient['data'] = async (route, ...options) => {
    if (route.name !== routes.deliver.name) return client.data(route, ...options);
    if (lie === 'late') await delay(lateMs);
    if (lie !== 'mismatch') return client.data(route, ...options);
    const given = options[0] as { body: Delivery };
    const changed = { ...given, body: { ...given.body, result: flipped(given.body.result) } };
    return client.data(route, ...([changed] as unknown as typeof options));
  };
  return {
    url: client.url,
    data,
    call: client.call.bind(client),
    open: client.open.bind(client),
    getPayload: client.getPayload.bind(client),
    events: client.events.bind(client),
  };
}

/** Starts a coprocessor that bids, wins and then lies; it is the real one with other hands. */
export async function startLyingCoprocessor(options: {
  lie: Lie;
  relayUrl: string;
  dataDir: string;
  /** Text of a strategy file. */
  strategy: string;
  key: BlsKey;
  /** How much later than it could a late delivery is sent, milliseconds. */
  lateMs?: number;
}): Promise<LyingCoprocessor> {
  const { lie, relayUrl, dataDir, key, lateMs = 10_000 } = options;
  mkdirSync(dataDir, { recursive: true });
  const store = await CoprocessorStore.open(dataDir);
  const strategy = parseStrategy(options.strategy);
  const compute: Compute = (plugin, input, signal) => lieAbout(lie, plugin as PluginName, input, signal);
  const agent = new RelayAgent(lyingClient(createRelayClient({ url: relayUrl }), lie, lateMs), {
    key,
    strategy,
    store,
    compute,
    warmUp: () => Promise.resolve(),
    capacity: new Capacity(strategy.capacity),
    receipts: new ReceiptFiles(dataDir),
    clock: systemClock,
    random: randomBytes,
    logger: pino({ level: process.env['LOG_LEVEL'] ?? 'silent' }),
    keptLines: () => [],
    metrics: coprocessorMetrics({
      relaysReady: () => 0,
      load: () => ({ running: 0, waiting: 0 }),
      settlement: () => undefined,
    }),
  });
  const stopping = new AbortController();
  const running = agent.run(stopping.signal);
  return {
    agent,
    pubkey: key.pubkey,
    async stop() {
      stopping.abort();
      await running;
      await store.close();
    },
  };
}
