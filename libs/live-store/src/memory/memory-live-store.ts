import type { Hex } from '@odf/protocol';
import type { Clock } from '@odf/telemetry';
import {
  LiveStore,
  RETENTION_MS,
  type Admission,
  type CommitAnswer,
  type RateLimit,
  type TokenAnswer,
  type Unsubscribe,
} from '../live-store.js';
import { ExpiringMap } from './expiring-map.js';
import { Topics } from './topics.js';

interface LiveAuction {
  open: boolean;
  arrivals: number;
  ofCoprocessor: Map<Hex, number>;
  forgetAtMs: number;
}

interface Bucket {
  tokens: number;
  atMs: number;
}

/**
 * The live store of a relay that runs as one process: every method decides within one turn of the event loop.
 *
 * `onHandlerError` hears of subscribers that throw; the others still get the message.
 */
export class MemoryLiveStore extends LiveStore {
  readonly #auctions: ExpiringMap<LiveAuction>;
  readonly #commits: ExpiringMap<Hex>;
  readonly #buckets: ExpiringMap<Bucket>;
  readonly #topics: Topics;
  #closed = false;

  constructor(
    private readonly clock: Clock,
    onHandlerError: (topic: string, error: unknown) => void,
  ) {
    super();
    const nowMs = () => clock.nowMs();
    this.#auctions = new ExpiringMap(nowMs);
    this.#commits = new ExpiringMap(nowMs);
    this.#buckets = new ExpiringMap(nowMs);
    this.#topics = new Topics(onHandlerError);
  }

  async openAuction(auctionId: Hex, closesAtMs: number, arrivedBefore = 0): Promise<void> {
    this.#assertOpen();
    if (this.#auctions.get(auctionId)) return;
    this.#remember(auctionId, {
      open: true,
      arrivals: arrivedBefore,
      ofCoprocessor: new Map(),
      forgetAtMs: closesAtMs + RETENTION_MS,
    });
  }

  async admitBids(auctionId: Hex, coprocessor: Hex, count: number): Promise<Admission | 'closed'> {
    this.#assertOpen();
    if (!Number.isSafeInteger(count) || count < 1) throw new RangeError('a positive number of bids is admitted');
    const auction = this.#auctions.get(auctionId);
    if (!auction?.open) return 'closed';
    const ofCoprocessor = (auction.ofCoprocessor.get(coprocessor) ?? 0) + count;
    auction.ofCoprocessor.set(coprocessor, ofCoprocessor);
    auction.arrivals += count;
    return { arrival: auction.arrivals, ofCoprocessor };
  }

  async closeAuction(auctionId: Hex): Promise<number> {
    this.#assertOpen();
    const known = this.#auctions.get(auctionId);
    const forgetAtMs = known?.forgetAtMs ?? this.clock.nowMs() + RETENTION_MS;
    const arrivals = known?.arrivals ?? 0;
    this.#remember(auctionId, { open: false, arrivals, ofCoprocessor: new Map(), forgetAtMs });
    return arrivals;
  }

  async commitOnce(slot: string, digest: Hex, ttlMs: number): Promise<CommitAnswer> {
    this.#assertOpen();
    const known = this.#commits.get(slot);
    if (known !== undefined) return known === digest ? 'same' : 'other';
    this.#commits.set(slot, digest, this.clock.nowMs() + ttlMs);
    return 'first';
  }

  async releaseCommit(slot: string, digest: Hex): Promise<void> {
    this.#assertOpen();
    if (this.#commits.get(slot) === digest) this.#commits.delete(slot);
  }

  async publish(topic: string, message: string): Promise<void> {
    this.#assertOpen();
    this.#topics.publish(topic, message);
  }

  async subscribe(topic: string, handler: (message: string) => void): Promise<Unsubscribe> {
    this.#assertOpen();
    const unsubscribe = this.#topics.subscribe(topic, handler);
    return async () => unsubscribe();
  }

  async takeToken(bucket: string, { ratePerSecond, burst }: RateLimit, nowMs: number): Promise<TokenAnswer> {
    this.#assertOpen();
    if (!(ratePerSecond > 0) || !(burst >= 1)) throw new RangeError('a rate is positive and a burst at least 1');
    const known = this.#buckets.get(bucket) ?? { tokens: burst, atMs: nowMs };
    const atMs = Math.max(known.atMs, nowMs);
    const filled = Math.min(burst, known.tokens + ((atMs - known.atMs) * ratePerSecond) / 1000);
    const allowed = filled >= 1;
    const tokens = allowed ? filled - 1 : filled;
    // A bucket that would be full again need not be remembered.
    const fullInMs = ((burst - tokens) * 1000) / ratePerSecond;
    this.#buckets.set(bucket, { tokens, atMs }, this.clock.nowMs() + fullInMs);
    return allowed ? { allowed } : { allowed, retryAfterMs: Math.ceil(((1 - tokens) * 1000) / ratePerSecond) };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#topics.clear();
    this.#auctions.clear();
    this.#commits.clear();
    this.#buckets.clear();
  }

  #remember(auctionId: Hex, auction: LiveAuction): void {
    this.#auctions.set(auctionId, auction, auction.forgetAtMs);
  }

  #assertOpen(): void {
    if (this.#closed) throw new Error('the live store is closed');
  }
}
