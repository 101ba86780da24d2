import type { Abi, LocalAccount, PublicClient } from 'viem';
import { defaultFeeLimits, type FeeLimits } from './fees.js';
import type { IntentStore } from './intent-store.js';

/** A pino-like log; texts never hold a key. */
export interface OutboxLog {
  info(members: object, message: string): void;
  warn(members: object, message: string): void;
}

/** What the outbox has just made durable, or what holds an intent up. */
export type OutboxStep =
  | 'simulated'
  | 'signed'
  | 'taken'
  | 'marked'
  | 'bumped'
  | 'voided'
  | 'filled'
  | 'mined'
  | 'reorged'
  | 'requeued'
  | 'final'
  | 'failed'
  | 'waiting';

/** What an outbox needs, and how it behaves; ms and blocks. */
export interface OutboxOptions<Transaction = unknown> {
  client: PublicClient;
  account: LocalAccount;
  chainId: bigint;
  store: IntentStore<Transaction>;
  /** How deep a block lies when its transactions are final; 1 is the latest block. */
  confirmations: number;
  clock: { nowMs(): number };
  log: OutboxLog;
  /** ABIs whose errors are known by name. */
  abis?: readonly Abi[];
  fees?: FeeLimits;
  /** How long a transaction waits before its fees rise, whichever comes first. */
  bumpAfterBlocks?: bigint;
  bumpAfterMs?: number;
  /** The most transactions without a block at a time. */
  maxInFlight?: number;
  /** The most simulations at a time. */
  concurrency?: number;
  /** How often the loop looks, and how long it waits after a failure at most. */
  pollMs?: number;
  backoffMs?: number;
  maxBackoffMs?: number;
  /** Told of each step once it is done; what it throws ends the tick there, as the end of the process would. */
  onStep?: (step: OutboxStep, key: string) => void | Promise<void>;
}

/** The options with every default. */
export type OutboxSettings = Required<OutboxOptions>;

/** Fills in the defaults: two missed blocks of mainnet before a bump, 16 in flight as geth keeps for an account. */
export function settingsOf<Transaction>(options: OutboxOptions<Transaction>): OutboxSettings {
  return {
    abis: [],
    fees: defaultFeeLimits,
    bumpAfterBlocks: 3n,
    bumpAfterMs: 60_000,
    maxInFlight: 16,
    concurrency: 4,
    pollMs: 1_000,
    backoffMs: 1_000,
    maxBackoffMs: 60_000,
    onStep: () => undefined,
    ...(options as OutboxOptions),
  };
}
