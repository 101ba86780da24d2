import type { Standing } from './types.js';

const DAY_MS = 86_400_000n;
/** Length of a suspension. */
export const SUSPENSION_MS = 14n * DAY_MS;
/** How long a quarantine lasts beyond the payment of its claim. */
export const QUARANTINE_TAIL_MS = 30n * DAY_MS;
const LEAST_OBSERVATIONS = 20;
const LEAST_ON_TIME_PERCENT = 90;
const MISSES_IN_A_ROW = 2;

/** End of a quarantine whose claim is not paid yet. */
export const UNTIL_SETTLED = 2n ** 64n - 1n;

/** One delivery that was due, as the circuit breaker sees it; faults of others than the coprocessor are left out. */
export interface DueDelivery {
  auction_id: string;
  at_ms: bigint;
  on_time: boolean;
}

/** A slash of a response that a coprocessor attested; the claim is unpaid while `paid_at_ms` is null. */
export interface AttestedSlash {
  at_ms: bigint;
  paid_at_ms: bigint | null;
}

/** Whether a coprocessor may win anything at a time (Unix milliseconds). */
export function mayBid({ registered, suspended_until_ms, quarantined_until_ms }: Standing, atMs: bigint): boolean {
  return registered && suspended_until_ms <= atMs && quarantined_until_ms <= atMs;
}

/**
 * The circuit breaker: when a coprocessor's suspension ends; 0 if it was never suspended.
 *
 * Under 90 % on time of at least 20 deliveries in a term suspends it from the delivery that tells, two misses in a row
 * from the second, each for 14 days; a delivery on time ends what misses in a row began. Deliveries come by time.
 */
export function suspendedUntilMs(deliveries: readonly DueDelivery[]): bigint {
  let byRate = 0n;
  let byMisses = 0n;
  let misses = 0;
  const terms = new Map<string, { due: number; onTime: number }>();
  for (const { auction_id, at_ms, on_time } of deliveries) {
    const term = terms.get(auction_id) ?? { due: 0, onTime: 0 };
    terms.set(auction_id, term);
    term.due++;
    if (on_time) term.onTime++;
    misses = on_time ? 0 : misses + 1;
    if (on_time) byMisses = 0n;
    if (misses >= MISSES_IN_A_ROW) byMisses = at_ms + SUSPENSION_MS;
    const tells = term.due === LEAST_OBSERVATIONS || (term.due > LEAST_OBSERVATIONS && !on_time);
    if (tells && term.onTime * 100 < term.due * LEAST_ON_TIME_PERCENT) byRate = at_ms + SUSPENSION_MS;
  }
  return byRate > byMisses ? byRate : byMisses;
}

/** When the quarantine after slashes ends: 30 days after the last claim is paid; 0 without any slash. */
export function quarantinedUntilMs(slashes: readonly AttestedSlash[]): bigint {
  return slashes
    .map(({ paid_at_ms }) => (paid_at_ms === null ? UNTIL_SETTLED : paid_at_ms + QUARANTINE_TAIL_MS))
    .reduce((latest, end) => (end > latest ? end : latest), 0n);
}
