import type { Clearing } from './clearing.js';
import type { CapLadder, Piece } from './ladder.js';
import { hasBit } from './bitset.js';
import { feeWei } from './policy.js';
import { unitPrice } from './pricing.js';
import type { NoAwardReason } from './reasons.js';
import type { SupplySide } from './supply.js';
import type { AllocationRange, AuctionInputs, UnservedUnits } from './types.js';

/** Writes the flow as ranges of permuted ordinals: per class the steps in the order of their scores, the unserved last. */
export function rangesOf(
  inputs: AuctionInputs,
  side: SupplySide,
  ladder: CapLadder,
  clearing: Clearing,
  critical: ReadonlyMap<number, number> | null,
): AllocationRange[] {
  const { reward_ref_wei } = inputs.parameters;
  return clearing.flow.flatMap((served, class_index) => {
    let from = 0;
    const rows = [...served].sort(([a], [b]) => a - b);
    return rows.flatMap(([supply, units]): AllocationRange[] => {
      const { piece } = ladder.supplies[supply]!;
      if (!piece) return [];
      const price_bps = priceOf(piece, side, ladder.demand.reserves[class_index]!, critical);
      const { seq } = side.list[piece.bidder]!.entry.receipt;
      const fee_wei = feeWei(price_bps, reward_ref_wei);
      const range = { role: 0 as const, class_index, seq, step: piece.step, from, units, price_bps, fee_wei };
      from += units;
      return [range];
    });
  });
}

function priceOf(
  piece: Piece,
  side: SupplySide,
  maxFeeBps: number,
  critical: ReadonlyMap<number, number> | null,
): number {
  const { entry, penaltyBps } = side.list[piece.bidder]!;
  const shareBps = entry.bid.message.steps[piece.step]!.fee_share_bps;
  if (critical === null) return shareBps;
  return unitPrice({ shareBps, criticalBps: critical.get(piece.bidder)!, maxFeeBps, penaltyBps });
}

/** Units that nobody serves, with the reason that holds for the whole class. */
export function unservedOf(ladder: CapLadder, clearing: Clearing): UnservedUnits[] {
  return clearing.flow.flatMap((served, class_index): UnservedUnits[] => {
    const units = [...served].reduce((sum, [supply, x]) => (ladder.supplies[supply]!.piece ? sum : sum + x), 0);
    return units === 0 ? [] : [{ class_index, units, reason: reasonOf(ladder, class_index) }];
  });
}

/** A bid whose score lies above the class's max fee is no better than none. */
function reasonOf(ladder: CapLadder, class_index: number): NoAwardReason {
  const { pieces } = ladder.bidders;
  if (pieces.length === 0) return 'NO_BIDS';
  const reserve = ladder.demand.reserves[class_index]!;
  const willing = pieces.some(({ eligible, score }) => hasBit(eligible, class_index) && score <= reserve);
  return willing ? 'COVER_EXHAUSTED' : 'NO_ELIGIBLE_BID';
}
