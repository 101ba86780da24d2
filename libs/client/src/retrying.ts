import { setTimeout as delay } from 'node:timers/promises';
import { RelayError } from './relay-error.js';

/** How often and how long {@link retrying} tries. */
export interface RetryOptions {
  /** Tries in all, the first included; default 5. */
  attempts?: number;
  /** Longest pause after the first failure, milliseconds; it doubles every time. Default 250. */
  baseMs?: number;
  /** Longest pause of all, milliseconds; default 10,000. A longer `Retry-After` is still respected. */
  maxMs?: number;
  /** Ends the pauses and the tries. */
  signal?: AbortSignal | undefined;
  /** Uniform in [0, 1); spreads the tries of many clients. Default `Math.random`. */
  random?: () => number;
  /** Waits; replaced in tests. */
  sleep?: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/** The pause before try number `attempt` (0 = the first repeat): full jitter over a doubling bound, never less than `Retry-After`; milliseconds. */
export function backoffMs(
  attempt: number,
  { baseMs = 250, maxMs = 10_000, random = Math.random }: RetryOptions,
  retryAfterMs = 0,
): number {
  const jitter = random() * Math.min(maxMs, baseMs * 2 ** Math.min(attempt, 20));
  return Math.ceil(retryAfterMs + jitter);
}

/** Waits `ms` milliseconds; rejects with the signal's reason when aborted. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  await delay(ms, undefined, signal ? { signal } : {}).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw error;
  });
}

/**
 * Runs `task` again after transient failures (nothing heard, 429, 5xx) with exponential pauses; other refusals are thrown at once.
 *
 * @throws {RelayError} the last failure; the signal's reason when aborted.
 */
export async function retrying<T>(task: () => Promise<T>, options: RetryOptions = {}): Promise<T> {
  const { attempts = 5, signal, sleep: wait = sleep } = options;
  for (let attempt = 0; ; attempt++) {
    try {
      return await task();
    } catch (error) {
      signal?.throwIfAborted();
      const transient = error instanceof RelayError && error.isTransient;
      if (!transient || attempt + 1 >= attempts) throw error;
      await wait(backoffMs(attempt, options, error.retryAfterMs), signal);
    }
  }
}
