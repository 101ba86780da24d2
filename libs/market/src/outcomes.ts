import { hasBit } from './bitset.js';
import type { CapLadder } from './ladder.js';
import type { Lane } from './lane.js';
import type { LossReason } from './reasons.js';
import { penaltyBps } from './reputation/bounds.js';
import type { Bidder, SupplySide } from './supply.js';
import type { AllocationRange, AuctionInputs, BidOutcome } from './types.js';

/** A cleared auction, as far as the bidders' outcomes depend on it. */
export interface Cleared {
  inputs: AuctionInputs;
  /** Per bid why it does not count; null when it does. */
  rejections: readonly (LossReason | null)[];
  side: SupplySide;
  ladder: CapLadder;
  lane: Lane;
  /** Units that an owner may win at the cap in use. */
  ownerLimit: number;
  ranges: readonly AllocationRange[];
}

/** What the ranges of one bid add up to. */
type Winnings = Pick<BidOutcome, 'units' | 'lane_units' | 'standby_units' | 'exposure_wei' | 'price_bps'>;

const NOTHING: Winnings = { units: 0, lane_units: 0, standby_units: 0, exposure_wei: 0n, price_bps: 0 };

/** What became of every receipted bid, by seq. */
export function outcomesOf(cleared: Cleared): BidOutcome[] {
  const bidders = new Map(cleared.side.list.map((bidder, index) => [bidder.entry, index]));
  const won = winnings(cleared);
  return cleared.inputs.bids.map((entry, at) => {
    const index = bidders.get(entry);
    const winnings = won.get(entry.receipt.seq) ?? NOTHING;
    const { units } = winnings;
    const outcome = {
      seq: entry.receipt.seq,
      coprocessor: entry.bid.message.coprocessor,
      penalty_bps: penaltyBps(entry.reputation),
      ...winnings,
    };
    if (index === undefined) return { ...outcome, loss_reason: cleared.rejections[at] ?? null, limited_by: null };
    const limit = limitOf(cleared, index, units);
    return { ...outcome, loss_reason: units === 0 ? limit : null, limited_by: units === 0 ? null : limit };
  });
}

function winnings({ inputs, side, ranges }: Cleared): Map<bigint, Winnings> {
  const bidders = new Map(side.list.map((bidder) => [bidder.entry.receipt.seq, bidder]));
  const won = new Map<bigint, Winnings>();
  for (const range of ranges) {
    const { role, seq, units, lane, price_bps } = range;
    const before = won.get(seq) ?? NOTHING;
    const known = { ...before, exposure_wei: before.exposure_wei + exposureOf(range, bidders.get(seq)!, inputs) };
    if (role === 1) won.set(seq, { ...known, standby_units: known.standby_units + units });
    else
      won.set(seq, {
        ...known,
        units: known.units + units,
        lane_units: known.lane_units + (lane ? units : 0),
        price_bps: Math.max(known.price_bps, price_bps),
      });
  }
  return won;
}

/** What units of a range may lose where neither cover nor a check stands behind them; wei. */
function exposureOf({ class_index, units }: AllocationRange, bidder: Bidder, { classes }: AuctionInputs): bigint {
  const isCovered = bidder.entry.bid.message.cover_wei_per_unit > 0n;
  if (isCovered || hasBit(bidder.bareClasses, class_index)) return 0n;
  return BigInt(units) * classes[class_index]!.policy.slashable_wei;
}

/** What kept a bidder from winning more than `units`; null when it won all that it offered. */
function limitOf(cleared: Cleared, index: number, units: number): LossReason | null {
  const bidder = cleared.side.list[index]!;
  if (bidder.exclusion !== null) return bidder.exclusion;
  const everything = cleared.ladder.ownerLimit(10_000);
  if (units >= Math.min(bidder.offered, everything) && units > 0) return null;
  if (units >= Math.min(bidder.capacity, cleared.ownerLimit)) return bindingLimit(bidder, cleared.ownerLimit);
  if (units === 0 && cleared.lane.leftOut.has(index)) return 'LANE_FULL';
  if (!isWilling(cleared, index)) return 'OVER_RESERVE';
  return isCreditUsedUp(bidder, units) ? 'REPUTATION_LIMIT' : 'OUTSCORED';
}

function bindingLimit({ secured, capacity }: Bidder, ownerLimit: number): LossReason {
  return secured === capacity && secured <= ownerLimit ? 'COLLATERAL_EXHAUSTED' : 'CAPPED';
}

/** Whether a bidder without cover has used what its credit answers for. */
function isCreditUsedUp({ entry, secured, running }: Bidder, units: number): boolean {
  return entry.bid.message.cover_wei_per_unit === 0n && secured < running && units >= secured;
}

/** Whether some class would rather have the bidder's cheapest step than stay unserved. */
function isWilling({ side, ladder }: Cleared, index: number): boolean {
  return side.pieces.some(
    ({ bidder, eligible, score }) =>
      bidder === index && ladder.demand.reserves.some((reserve, at) => hasBit(eligible, at) && score <= reserve),
  );
}
