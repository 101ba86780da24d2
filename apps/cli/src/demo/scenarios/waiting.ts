import { setTimeout as delay } from 'node:timers/promises';

const LOOK_MS = 500;

/**
 * Asks until there is an answer.
 *
 * @throws {Error} naming what did not come in time.
 */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined>,
  signal: AbortSignal,
  timeoutMs = 90_000,
): Promise<T> {
  for (let waited = 0; waited < timeoutMs; waited += LOOK_MS) {
    signal.throwIfAborted();
    const answer = await ask();
    if (answer !== undefined) return answer;
    await delay(LOOK_MS);
  }
  throw new Error(`${what}: not within ${timeoutMs / 1_000} s`);
}
