import type { CapLadder } from './ladder.js';
import type { Clearing } from './clearing.js';

/** What a price depends on besides the clearing. */
export interface PricingTerms {
  /** Reference of the thin-market rule in bps; null without history. */
  thinReferenceBps: number | null;
  /** Quality penalty of each bidder in bps. */
  penalties: readonly number[];
}

/**
 * Each winner's critical price in bps before its floor (the step's share) and its ceiling (the class's max fee): the harm
 * that its absence would do to all others, per unit, less its quality penalty, rounded up (MARKET.md, "Pricing").
 */
export function criticalPrices(ladder: CapLadder, clearing: Clearing, terms: PricingTerms): Map<number, number> {
  const prices = new Map<number, number>();
  for (const [bidder, { units, cost }] of winners(clearing)) {
    const without = ladder.without(bidder);
    const harm = without.cost - (clearing.cost - cost);
    const price = ceilDivide(harm, units) - terms.penalties[bidder]!;
    // Without rivals the critical price is the validator's last penny: the market is too thin to set it.
    const thin = without.unserved > clearing.unserved;
    prices.set(bidder, thin ? Math.min(price, terms.thinReferenceBps ?? 0) : price);
  }
  return prices;
}

/** Price in bps of a unit served by a step: never below the step's share, never above the class's max fee. */
export function unitPrice(unit: {
  shareBps: number;
  criticalBps: number;
  maxFeeBps: number;
  penaltyBps: number;
}): number {
  return Math.max(unit.shareBps, Math.min(unit.criticalBps, unit.maxFeeBps - unit.penaltyBps));
}

function winners(clearing: Clearing): Map<number, { units: number; cost: number }> {
  const shares = new Map<number, { units: number; cost: number }>();
  clearing.supplies.forEach(({ bidder, score }, index) => {
    const units = clearing.used[index]!;
    if (bidder < 0 || units === 0) return;
    const share = shares.get(bidder) ?? { units: 0, cost: 0 };
    shares.set(bidder, { units: share.units + units, cost: share.cost + units * score });
  });
  return shares;
}

/** Exact for whole numbers, whatever their sign. */
function ceilDivide(value: number, divisor: number): number {
  const rest = value % divisor;
  return (value - rest) / divisor + (rest > 0 ? 1 : 0);
}
