import { hasBit } from './bitset.js';
import type { CapLadder } from './ladder.js';
import type { LossReason } from './reasons.js';
import { penaltyBps } from './reputation.js';
import type { Bidder, SupplySide } from './supply.js';
import type { AllocationRange, AuctionInputs, BidOutcome } from './types.js';

/** A cleared auction, as far as the bidders' outcomes depend on it. */
export interface Cleared {
  inputs: AuctionInputs;
  /** Per bid why it does not count; null when it does. */
  rejections: readonly (LossReason | null)[];
  side: SupplySide;
  ladder: CapLadder;
  /** Units that an owner may win at the cap in use. */
  ownerLimit: number;
  ranges: readonly AllocationRange[];
}

/** What became of every receipted bid, by seq. */
export function outcomesOf(cleared: Cleared): BidOutcome[] {
  const bidders = new Map(cleared.side.list.map((bidder, index) => [bidder.entry, index]));
  const won = winnings(cleared.ranges);
  return cleared.inputs.bids.map((entry, at) => {
    const index = bidders.get(entry);
    const { units, price_bps } = won.get(entry.receipt.seq) ?? { units: 0, price_bps: 0 };
    const outcome = {
      seq: entry.receipt.seq,
      coprocessor: entry.bid.message.coprocessor,
      penalty_bps: penaltyBps(entry.reputation),
      units,
      price_bps,
    };
    if (index === undefined) return { ...outcome, loss_reason: cleared.rejections[at] ?? null, limited_by: null };
    const limit = limitOf(cleared, index, units);
    return { ...outcome, loss_reason: units === 0 ? limit : null, limited_by: units === 0 ? null : limit };
  });
}

function winnings(ranges: readonly AllocationRange[]): Map<bigint, { units: number; price_bps: number }> {
  const won = new Map<bigint, { units: number; price_bps: number }>();
  for (const { seq, units, price_bps } of ranges) {
    const known = won.get(seq) ?? { units: 0, price_bps: 0 };
    won.set(seq, { units: known.units + units, price_bps: Math.max(known.price_bps, price_bps) });
  }
  return won;
}

/** What kept a bidder from winning more than `units`; null when it won all that it offered. */
function limitOf(cleared: Cleared, index: number, units: number): LossReason | null {
  const bidder = cleared.side.list[index]!;
  if (bidder.exclusion !== null) return bidder.exclusion;
  const everything = cleared.ladder.ownerLimit(10_000);
  if (units >= Math.min(bidder.offered, everything) && units > 0) return null;
  if (units >= Math.min(bidder.capacity, cleared.ownerLimit)) return bindingLimit(bidder, cleared.ownerLimit);
  return isWilling(cleared, index) ? 'OUTSCORED' : 'OVER_RESERVE';
}

function bindingLimit({ covered, capacity }: Bidder, ownerLimit: number): LossReason {
  return covered === capacity && covered <= ownerLimit ? 'COLLATERAL_EXHAUSTED' : 'CAPPED';
}

/** Whether some class would rather have the bidder's cheapest step than stay unserved. */
function isWilling({ side, ladder }: Cleared, index: number): boolean {
  return side.pieces.some(
    ({ bidder, eligible, score }) =>
      bidder === index && ladder.demand.reserves.some((reserve, at) => hasBit(eligible, at) && score <= reserve),
  );
}
