import { keyRoot, routes, type AvsInfo, type CoprocessorInfo, type Hex } from '@odf/protocol';
import type { BlsKey } from '@odf/bls';
import type { RelayClient } from '@odf/client';
import type { Clock } from '@odf/telemetry';
import type { Computed } from '@odf/avs';
import type { Logger } from 'pino';
import type { Capacity } from './capacity.js';
import type { CoprocessorMetrics } from './metrics.js';
import type { ReceiptFiles } from './receipt-files.js';
import type { RelayIdentity } from './relay-proof.js';
import type { CoprocessorStore } from './store.js';
import type { Strategy } from './strategy.js';

/** Computes a workload's result; the pool does, and test doubles that lie. */
export type Compute = (plugin: string, input: Uint8Array, signal: AbortSignal) => Promise<Computed>;

/** What all relays of a coprocessor share. */
export interface CoprocessorParts {
  key: BlsKey;
  strategy: Strategy;
  store: CoprocessorStore;
  compute: Compute;
  /** Loads what a workload needs before its first task; rejects when that fails. */
  warmUp(plugin: string): Promise<void>;
  capacity: Capacity;
  receipts: Pick<ReceiptFiles, 'keep'>;
  clock: Clock;
  /** A cryptographic source, such as `randomBytes`. */
  random(length: number): Uint8Array;
  logger: Logger;
  metrics: CoprocessorMetrics;
  /** Lines that are kept on chain for an AVS at a relay, the best first; none where none is. */
  keptLines(relayRoot: Hex, avsId: Hex): readonly Hex[];
}

/** A relay whose key was checked. */
export interface RelaySession extends RelayIdentity {
  client: RelayClient;
  /** Names the relay in the store. */
  relayRoot: Hex;
}

/** The relay is not the one that its URL names: nothing is sent to it. */
export class WrongRelay extends Error {
  override readonly name = 'WrongRelay';
}

/**
 * Asks a relay who it is and holds its answer against the key of its URL.
 *
 * @throws {WrongRelay} when the URL names no key or another one.
 */
export async function openSession(client: RelayClient): Promise<RelaySession> {
  const named = client.url.pubkey;
  if (!named) throw new WrongRelay(`${client.url.origin}: give the URL with the relay's key, https://0x<pubkey>@host`);
  const info = await client.data(routes.info);
  if (info.pubkey !== named) {
    throw new WrongRelay(`${client.url.origin} answers with key ${info.pubkey}, not with ${named} of its URL`);
  }
  const relayRoot = keyRoot(named);
  const context = { chainId: info.chain_id, settlement: info.settlement, relayRoot };
  return { client, pubkey: named, relayRoot, context };
}

/** A line of cover that serves us at a relay. */
export type CoverLine = CoprocessorInfo['lines'][number];

/** What a relay serves and what cover it knows of us. */
export interface RelayView {
  avss: AvsInfo[];
  coprocessor: CoprocessorInfo;
}

/** Asks a relay for its AVSs and for our lines. */
export async function viewRelay({ client }: RelaySession, pubkey: Hex): Promise<RelayView> {
  const [avss, coprocessor] = await Promise.all([
    client.data(routes.listAvs),
    client.data(routes.getCoprocessor, { params: { pubkey } }),
  ]);
  return { avss, coprocessor };
}

/** The line to bid with: the first of those named that the relay knows, else, with none named, the one with the most free cover; in force. */
export function chooseLine(lines: readonly CoverLine[], named: readonly Hex[], nowMs: bigint): CoverLine | undefined {
  if (named.length > 0) {
    const known = named.map((id) => lines.find(({ line_id }) => line_id === id));
    return known.find((line) => line !== undefined);
  }
  return lines
    .filter((line) => line.valid_from_ms <= nowMs && line.valid_until_ms > nowMs)
    .reduce<CoverLine | undefined>((best, line) => (!best || line.free_wei > best.free_wei ? line : best), undefined);
}
