import type { ChainIndexer, IndexerLoop, IndexerStep } from '@odf/settlement';
import type { Clock } from '@odf/telemetry';
import type { Logger } from 'pino';
import type { RelayMetrics } from '../relay.metrics.js';
import { reasonOf } from './reason-of.js';

/** A mirror further behind than this many blocks is not to be bid on. */
const MOST_LAG = 32n;
/** How long the chain may be away before the relay says that it is not ready, ms; what is confirmed stays true meanwhile. */
const PATIENCE_MS = 60_000;

/** What a {@link ChainFollower} watches. */
export interface FollowerOptions {
  indexer: Pick<ChainIndexer, 'head' | 'lag'>;
  loop: Pick<IndexerLoop, 'run'>;
  clock: Clock;
  metrics: RelayMetrics;
  logger: Logger;
}

/** Keeps the mirror of the chain up to date beside the requests, and tells how it does. */
export class ChainFollower {
  readonly #options: FollowerOptions;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;
  #failingSinceMs: number | undefined;

  constructor(options: FollowerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running ??= this.#options.loop.run(this.#stop.signal);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** Why this instance should get no traffic, as far as the chain is concerned. */
  unready(): string | undefined {
    const { indexer, clock } = this.#options;
    if (this.#failingSinceMs !== undefined && clock.nowMs() - this.#failingSinceMs > PATIENCE_MS) {
      return 'the chain does not answer';
    }
    if (indexer.lag === null) return 'the chain has not answered yet';
    return indexer.lag > MOST_LAG ? `the mirror of the chain is ${indexer.lag} blocks behind` : undefined;
  }

  /** Learns of a step that went well. */
  stepped(step: IndexerStep): void {
    const { logger, metrics, indexer } = this.#options;
    metrics.chainHead.set(Number(indexer.head ?? 0n));
    metrics.chainLag.set(Number(indexer.lag ?? 0n));
    if (this.#failingSinceMs !== undefined) logger.info('the chain answers again');
    this.#failingSinceMs = undefined;
    if (step.did !== 'rolled back') return;
    metrics.chainReorgs.inc();
    logger.warn({ dropped: Number(step.dropped) }, 'the chain was reorganised');
  }

  /** Learns of a step that failed. */
  failed(error: unknown): void {
    const { logger, metrics, clock } = this.#options;
    metrics.chainFailures.inc();
    if (this.#failingSinceMs === undefined) logger.warn({ reason: reasonOf(error) }, 'the chain could not be read');
    this.#failingSinceMs ??= clock.nowMs();
  }
}
