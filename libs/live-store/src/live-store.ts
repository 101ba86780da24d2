import type { Hex } from '@odf/protocol';

/** The place of admitted bids in their auction. */
export interface Admission {
  /** How many bids the auction has admitted, these included: with `count` bids they are `arrival - count + 1 … arrival`. */
  arrival: number;
  /** How many bids of this coprocessor the auction has admitted, these included. */
  ofCoprocessor: number;
}

/** What a commit-once slot says to a digest: it came first, it is the one known, or another one is known. */
export type CommitAnswer = 'first' | 'same' | 'other';

/** A token bucket. */
export interface RateLimit {
  ratePerSecond: number;
  /** Tokens of a full bucket, at least 1. */
  burst: number;
}

/** Whether a token was there; if not, in how many milliseconds one will be. */
export type TokenAnswer = { allowed: true } | { allowed: false; retryAfterMs: number };

/** Stops a subscription; afterwards its handler is not called again. */
export type Unsubscribe = () => Promise<void>;

/**
 * State that all instances of a relay share while it is hot: admission to auctions, commit-once guards, wake-ups, rate limits.
 *
 * It may be lost at any moment, so nothing that was promised may live here alone: Postgres is the truth. In particular the
 * receipts' `seq` is taken inside the Postgres transaction (a sequence taken outside it leaves gaps on a crash), and unique
 * indexes there repeat what the guards here refuse early. After a loss every auction counts as closed until it is opened again.
 *
 * Each method is one atomic step, one round trip for a networked implementation.
 */
export abstract class LiveStore {
  /**
   * Opens an auction to bids; a second opening changes nothing, and a closed auction stays closed.
   *
   * `closesAtMs` (Unix ms) closes nothing by itself: it says when the auction may be forgotten, {@link RETENTION_MS} after it.
   * `arrivedBefore` is how many bids Postgres already has, when an auction is opened again after a loss.
   */
  abstract openAuction(auctionId: Hex, closesAtMs: number, arrivedBefore?: number): Promise<void>;

  /**
   * Lets `count` bids of one coprocessor into an auction, or says that it takes no more; an unknown auction is closed.
   *
   * @throws {RangeError} when `count` is not a positive integer.
   */
  abstract admitBids(auctionId: Hex, coprocessor: Hex, count: number): Promise<Admission | 'closed'>;

  /** Closes an auction and returns its last arrival, 0 if it is unknown; once this resolves no bid is admitted. */
  abstract closeAuction(auctionId: Hex): Promise<number>;

  /** Takes a slot for a digest for `ttlMs`, or tells whether the slot's digest is this one; repeating does not prolong it. */
  abstract commitOnce(slot: string, digest: Hex, ttlMs: number): Promise<CommitAnswer>;

  /** Frees a slot whose transaction failed, if it still holds this digest. */
  abstract releaseCommit(slot: string, digest: Hex): Promise<void>;

  /** Wakes the subscribers of a topic in every instance; nobody may rely on its arrival. */
  abstract publish(topic: string, message: string): Promise<void>;

  /** Calls `handler` for every message published after this resolves, in order, never inside `publish`. */
  abstract subscribe(topic: string, handler: (message: string) => void): Promise<Unsubscribe>;

  /**
   * Takes a token from a bucket that fills with time; `nowMs` is Unix ms, and time that goes back counts as standing still.
   *
   * @throws {RangeError} when the rate is not positive or the burst is below 1.
   */
  abstract takeToken(bucket: string, limit: RateLimit, nowMs: number): Promise<TokenAnswer>;

  /** Ends all subscriptions and lets go of connections; later calls reject. */
  abstract close(): Promise<void>;
}

/** How long after `closesAtMs` an auction is remembered, in milliseconds. */
export const RETENTION_MS = 3_600_000;
