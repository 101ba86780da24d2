import { hasBit } from './bitset.js';
import type { CapLadder, Piece } from './ladder.js';
import type { Clearing } from './clearing.js';
import type { PricingRule } from '@odf/protocol';
import type { PriceBasis } from './types.js';

/** What prices depend on besides the clearing. */
export interface PricingTerms {
  /** Reference of the thin-market rule in bps; null without history. */
  thinReferenceBps: number | null;
  /** Quality penalty of each bidder in bps. */
  penalties: readonly number[];
}

/** A price in bps before its floor (the step's share) and its ceiling (the class's max fee). */
export interface Quote {
  bps: number;
  basis: PriceBasis;
}

/** Quotes a winner's price for a unit of a class. */
export type Quotes = (bidder: number, classIndex: number) => Quote;

const BID: Quote = { bps: 0, basis: 'bid' };

/** The quotes of a pricing rule (MARKET.md, "Pricing"). */
export function quotesOf(rule: PricingRule, ladder: CapLadder, clearing: Clearing, terms: PricingTerms): Quotes {
  if (rule === 'first') return () => BID;
  if (rule === 'standby') return standbyQuotes(ladder, clearing, terms);
  if (rule === 'uniform') return uniformQuotes(clearing, terms);
  const critical = criticalPrices(ladder, clearing, terms);
  return (bidder) => critical.get(bidder)!;
}

/**
 * Each winner's critical price: the harm that its absence would do to all others, per unit, less its quality penalty,
 * rounded up.
 */
export function criticalPrices(ladder: CapLadder, clearing: Clearing, terms: PricingTerms): Map<number, Quote> {
  const quotes = new Map<number, Quote>();
  for (const [bidder, { units, cost }] of winners(clearing)) {
    const without = ladder.without(bidder);
    const harm = without.cost - (clearing.cost - cost);
    const bps = ceilDivide(harm, units) - terms.penalties[bidder]!;
    const thin = without.unserved > clearing.unserved;
    quotes.set(bidder, thin ? inThinMarket(bps, terms) : { bps, basis: 'rivals' });
  }
  return quotes;
}

/** Without rivals the price would be the validator's last penny: the reference of competitive terms limits it. */
function inThinMarket(bps: number, { thinReferenceBps }: PricingTerms): Quote {
  return { bps: Math.min(bps, thinReferenceBps ?? 0), basis: 'reference' };
}

/** Everybody is paid the highest accepted score, less its own penalty. */
function uniformQuotes(clearing: Clearing, { penalties }: PricingTerms): Quotes {
  const highest = highestAccepted(clearing, () => true) ?? 0;
  return (bidder) => ({ bps: highest - penalties[bidder]!, basis: 'rivals' });
}

/** Everybody is paid what the cheapest idle bid of another owner would cost that class; where there is none, the market is thin. */
function standbyQuotes(ladder: CapLadder, clearing: Clearing, terms: PricingTerms): Quotes {
  const idle = ladder.supplies.filter(
    (supply, at): supply is typeof supply & { piece: Piece } =>
      supply.piece !== undefined && clearing.capacities[at]! > clearing.used[at]!,
  );
  const reserves = ladder.demand.reserves;
  const nearest = Array.from(reserves, (_, index) => {
    const eligible = idle.filter((supply) => hasBit(supply.eligible, index));
    return [eligible[0], eligible.find(({ bidder }) => bidder !== eligible[0]!.bidder)];
  });
  return (bidder, classIndex) => {
    const rival = nearest[classIndex]!.find((supply) => supply !== undefined && supply.bidder !== bidder);
    const penalty = terms.penalties[bidder]!;
    if (rival) return { bps: rival.score - penalty, basis: 'rivals' };
    return inThinMarket(reserves[classIndex]! - penalty, terms);
  };
}

/** The highest score in bps among the accepted bids of some bidders; null when none of them won. */
export function highestAccepted(clearing: Clearing, counts: (bidder: number) => boolean): number | null {
  for (let at = clearing.supplies.length - 1; at >= 0; at--) {
    const { bidder, score } = clearing.supplies[at]!;
    if (bidder >= 0 && clearing.used[at]! > 0 && counts(bidder)) return score;
  }
  return null;
}

/** Price in bps of a unit served by a step: never below the step's share, never above the class's max fee. */
export function unitPrice(unit: { shareBps: number; quoteBps: number; maxFeeBps: number; penaltyBps: number }): number {
  return Math.max(unit.shareBps, Math.min(unit.quoteBps, unit.maxFeeBps - unit.penaltyBps));
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
