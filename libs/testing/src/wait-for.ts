import { setTimeout as delay } from 'node:timers/promises';

/** How long to wait for a condition, and how often to look; milliseconds. */
export interface WaitOptions {
  timeoutMs?: number;
  everyMs?: number;
  /** What is waited for, named in the error. */
  what?: string;
}

/**
 * Looks until a condition gives something truthy, and returns that.
 *
 * What the condition throws counts as "not yet"; the last such error is the `cause` of the time-out.
 *
 * @throws {Error} after `timeoutMs` (default 5,000).
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  { timeoutMs = 5_000, everyMs = 10, what = 'the condition' }: WaitOptions = {},
): Promise<NonNullable<T>> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    let cause: unknown;
    try {
      const found = await condition();
      if (found) return found;
    } catch (error) {
      cause = error;
    }
    if (performance.now() >= deadline) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`, { cause });
    await delay(everyMs);
  }
}
