import type { Lane, OutboxTransaction } from './intent.js';

/** Where intents are kept; every write is durable before its promise is kept. */
export interface IntentStore<Transaction = unknown> {
  /** Stores a row, in the caller's transaction if one is given; false when the key is known, which then stays as it is. */
  insert(row: OutboxTransaction, transaction?: Transaction): Promise<boolean>;

  /**
   * Replaces a row as it was read, and returns it with its new version.
   *
   * @throws {Error} when it was changed meanwhile, or another row of the lane holds its nonce; nothing is written then.
   */
  update(row: OutboxTransaction): Promise<OutboxTransaction>;

  /** A row, or null. */
  find(key: string): Promise<OutboxTransaction | null>;

  /** Queued rows of a lane that are due, oldest first. */
  queued(lane: Lane, nowMs: number, limit: number): Promise<OutboxTransaction[]>;

  /** The sent and mined rows of a lane by rising nonce. */
  inFlight(lane: Lane): Promise<OutboxTransaction[]>;

  /** The row that holds a nonce, whatever its state; null when none does. */
  holder(lane: Lane, nonce: number): Promise<OutboxTransaction | null>;

  /** The highest nonce that a row of the lane holds; null when none does. */
  lastNonce(lane: Lane): Promise<number | null>;

  /** Runs `work` while nobody else runs one for this lane; undefined, at once and without running it, when somebody does. */
  alone<T>(lane: Lane, work: () => Promise<T>): Promise<T | undefined>;
}
