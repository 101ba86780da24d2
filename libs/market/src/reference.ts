import type { AllocationRange, ReferenceTerm } from './types.js';

/** Most terms that a reference is made of. */
export const REFERENCE_TERMS = 14;

const ONE = 1_000_000_000n;
/** Weight 2/(14 + 1) of the newest term. */
const SPAN = BigInt(REFERENCE_TERMS + 1);
const MARKUP_PERCENT = 115n;

/**
 * Reference of the thin-market rule in bps: the exponential moving average of median prices × 1.15, rounded down; null
 * without history (MARKET.md, "Pricing"). Terms come oldest first.
 */
export function thinReferenceBps(terms: readonly ReferenceTerm[]): number | null {
  const [oldest, ...later] = terms;
  if (!oldest) return null;
  const average = later.reduce(
    (known, { median_bps }) => ((SPAN - 2n) * known + 2n * BigInt(median_bps) * ONE) / SPAN,
    BigInt(oldest.median_bps) * ONE,
  );
  return Number((average * MARKUP_PERCENT) / (100n * ONE));
}

/** The reference terms of the next auction: thin terms leave them as they were, so a reference never feeds on itself. */
export function nextReferenceTerms(
  terms: readonly ReferenceTerm[],
  cleared: { auction_id: ReferenceTerm['auction_id']; median_bps: number | null },
): ReferenceTerm[] {
  const { auction_id, median_bps } = cleared;
  return median_bps === null ? [...terms] : [...terms, { auction_id, median_bps }].slice(-REFERENCE_TERMS);
}

/**
 * Lower median in bps over the units whose price does not come from the reference; null in a thin term, where those are
 * no more than half. Standby and lane units set no market price.
 */
export function medianBps(ranges: readonly AllocationRange[]): number | null {
  const cleared = ranges.filter(({ role, lane }) => role === 0 && !lane);
  const priced = cleared.filter(({ basis }) => basis !== 'reference').sort((a, b) => a.price_bps - b.price_bps);
  const units = unitsOf(priced);
  if (2 * units <= unitsOf(cleared)) return null;
  let below = 0;
  return priced.find((range) => 2 * (below += range.units) >= units)!.price_bps;
}

function unitsOf(ranges: readonly AllocationRange[]): number {
  return ranges.reduce((sum, { units }) => sum + units, 0);
}
