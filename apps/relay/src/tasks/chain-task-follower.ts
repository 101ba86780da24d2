import type { ChainCursor, Polled, TaskEvent } from '@odf/avs';
import type { AvsCursorsRepository } from '@odf/persistence';
import type { Hex } from '@odf/protocol';
import type { Logger } from 'pino';
import { reasonOf } from '../core/reason-of.js';
import { Ticker } from '../core/ticker.js';
import type { RelayMetrics } from '../relay.metrics.js';

/** Between looks at a chain that was followed to its end, and at a lock that another instance holds, ms. */
const POLL_MS = 1_000;
const FIRST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 30_000;

/** What a follower needs. */
export interface ChainTaskFollowerOptions {
  avsId: Hex;
  name: string;
  source: { poll(cursor: ChainCursor | null): Promise<Polled> };
  /** Takes in one event; must do nothing the second time. */
  apply: (event: TaskEvent) => Promise<void>;
  cursors: Pick<AvsCursorsRepository, 'find' | 'save' | 'alone'>;
  metrics: RelayMetrics;
  logger: Logger;
}

/** Follows one AVS's chain, in one instance at a time; the cursor moves only once everything before it was taken in. */
export class ChainTaskFollower {
  readonly #ticker: Ticker;
  #failures = 0;

  constructor(private readonly options: ChainTaskFollowerOptions) {
    this.#ticker = new Ticker({
      pass: () => this.pass(),
      atMostMs: LONGEST_BACKOFF_MS,
      onError: (error) => options.logger.error({ err: error }, 'following an AVS failed and is tried again'),
    });
  }

  start(): void {
    this.#ticker.start();
  }

  /** Lets the current step finish. */
  stop(): Promise<void> {
    return this.#ticker.stop();
  }

  /** Takes the next step, and returns in how many ms another one is due. */
  async pass(): Promise<number> {
    const { avsId, cursors, metrics, name } = this.options;
    let behind = 0n;
    try {
      const mine = await cursors.alone(avsId, async () => {
        behind = await this.#step();
      });
      this.#failures = 0;
      if (!mine) return POLL_MS;
      metrics.chainTasksBehind.set({ avs: name }, Number(behind));
      return behind > 0n ? 0 : POLL_MS;
    } catch (error) {
      return this.#failed(error);
    }
  }

  /** Returns how many confirmed blocks are left. */
  async #step(): Promise<bigint> {
    const { avsId, cursors, source, apply, metrics, name } = this.options;
    const before = await cursors.find(avsId);
    const { events, cursor, behind } = await source.poll(before);
    for (const event of events) {
      await apply(event);
      metrics.chainTaskEvents.inc({ avs: name, kind: event.kind });
    }
    if (cursor !== before) await cursors.save(avsId, cursor);
    return behind;
  }

  #failed(error: unknown): number {
    const { logger, metrics, name } = this.options;
    const waitMs = Math.min(FIRST_BACKOFF_MS * 2 ** this.#failures, LONGEST_BACKOFF_MS);
    if (this.#failures === 0)
      logger.warn({ avs: name, reason: reasonOf(error) }, "an AVS's chain could not be followed");
    this.#failures += 1;
    metrics.chainTaskFailures.inc({ avs: name });
    return waitMs;
  }
}
