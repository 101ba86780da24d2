import { setTimeout as delay } from 'node:timers/promises';
import { ChainMoved } from './block-reader.js';
import type { ChainIndexer, IndexerStep } from './chain-indexer.js';

/** How an {@link IndexerLoop} waits and whom it tells. */
export interface IndexerLoopOptions {
  indexer: ChainIndexer;
  /** Milliseconds between looks at a chain that stands; 1,000 unless told. */
  pollMs?: number;
  /** Learns of every step that did not fail. */
  onStep?: (step: IndexerStep) => void;
  /** Learns of a failed step and of how long the loop waits, milliseconds. */
  onError?: (error: unknown, waitMs: number) => void;
}

const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 15_000;

/** Keeps a mirror up to date: at once while there is work, at a steady pace otherwise, with patience while the chain is away. */
export class IndexerLoop {
  readonly #options: IndexerLoopOptions;
  readonly #waiting = new Set<() => void>();
  #failures = 0;
  #nudge = new AbortController();

  constructor(options: IndexerLoopOptions) {
    this.#options = options;
  }

  /** Whether the last step failed. */
  get failing(): boolean {
    return this.#failures > 0;
  }

  /** Steps until the signal; resolves once the step under way has ended. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const waitMs = await this.#step();
      if (waitMs === 0) continue;
      this.#nudge = new AbortController();
      await delay(waitMs, undefined, { signal: AbortSignal.any([signal, this.#nudge.signal]) }).catch(() => undefined);
    }
  }

  /**
   * Waits until the mirror has a block, without waiting for the next look.
   *
   * @throws the signal's reason.
   */
  async reached(blockNumber: bigint, signal: AbortSignal): Promise<void> {
    while ((this.#options.indexer.tip?.number ?? -1n) < blockNumber) {
      signal.throwIfAborted();
      await this.#nextStep(signal);
    }
  }

  /** Milliseconds to wait for the next step. */
  async #step(): Promise<number> {
    const { indexer, pollMs = 1_000, onStep, onError } = this.#options;
    try {
      const step = await indexer.step();
      this.#failures = 0;
      onStep?.(step);
      return step.did === 'nothing' ? pollMs : 0;
    } catch (error) {
      this.#failures += 1;
      const backoff = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (this.#failures - 1));
      const waitMs = error instanceof ChainMoved ? FIRST_RETRY_MS : backoff;
      onError?.(error, waitMs);
      return waitMs;
    } finally {
      for (const wake of [...this.#waiting]) wake();
    }
  }

  #nextStep(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal.addEventListener('abort', wake, { once: true });
      this.#nudge.abort();
    });
  }
}
