import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '@odf/telemetry';
import type { DemoValidator } from './fleet.js';
import type { Market } from './market.js';

/** A term this close to its end takes no further tasks of the demo, milliseconds. */
const TERM_REST_MS = 3_000;
/** How long the demo waits for a term in which everybody has an award. */
const TERM_WAIT_MS = 150_000;
const LOOK_MS = 250;

/**
 * Waits for a term in which every validator has an award and some time is left.
 *
 * @throws {Error} saying who has none and why, when that does not come.
 */
export async function usableTerm(
  validators: readonly DemoValidator[],
  market: Market,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  let missing = 'no term has begun';
  for (let waited = 0; waited < TERM_WAIT_MS && !signal.aborted; waited += LOOK_MS) {
    const now = clock.nowMs();
    const term = await market.runningTerm(now);
    const without = term && validators.find((validator) => !term.awards.has(validator));
    if (term && !without && term.term_end_ms - now > TERM_REST_MS) return;
    if (term && without) missing = `${without.name} has no award: ${await market.explain(term.auction_id, without)}`;
    await delay(LOOK_MS);
  }
  if (!signal.aborted) throw new Error(`no term served all validators within ${TERM_WAIT_MS / 1000} s: ${missing}`);
}
