import { hasBit } from './bitset.js';
import type { Clearing } from './clearing.js';
import type { CapLadder, Piece } from './ladder.js';
import type { Lane } from './lane.js';
import { feeWei } from './policy.js';
import { unitPrice, type Quote, type Quotes } from './pricing.js';
import type { NoAwardReason } from './reasons.js';
import type { AllocationRange, AuctionInputs, UnservedUnits } from './types.js';

/** The primary side of an auction, cleared and priced. */
export interface ClearedMarket {
  inputs: AuctionInputs;
  lane: Lane;
  ladder: CapLadder;
  clearing: Clearing;
  quotes: Quotes;
}

/** What serves some units of a class, and what it is quoted for them. */
interface Service {
  piece: Piece;
  units: number;
  quote: Quote;
  lane: boolean;
}

/** Writes the flow as ranges of permuted ordinals: per class the lane, then the steps by their scores; the unserved are last. */
export function rangesOf(market: ClearedMarket): AllocationRange[] {
  const lane = market.clearing.flow.map((): Service[] => []);
  for (const { class_index, piece, units } of market.lane.rows) {
    lane[class_index]!.push({ piece, units, quote: laneQuote(market, piece.bidder), lane: true });
  }
  return market.clearing.flow.flatMap((served, class_index) => {
    let from = 0;
    return [...lane[class_index]!, ...servicesOf(market, served, class_index)].map((service) => {
      const range = rangeOf(market, service, class_index, from);
      from += service.units;
      return range;
    });
  });
}

function servicesOf(
  { ladder, quotes }: ClearedMarket,
  served: ReadonlyMap<number, number>,
  class_index: number,
): Service[] {
  const rows = [...served].sort(([a], [b]) => a - b);
  return rows.flatMap(([supply, units]) => {
    const { piece } = ladder.supplies[supply]!;
    return piece ? [{ piece, units, quote: quotes(piece.bidder, class_index), lane: false }] : [];
  });
}

/** In the lane the last marginal score sets the price, unless everybody is paid its bid. */
function laneQuote({ inputs, lane }: ClearedMarket, bidder: number): Quote {
  if (inputs.parameters.pricing === 'first') return { bps: 0, basis: 'bid' };
  return { bps: lane.marginalBps! - lane.bidders.list[bidder]!.penaltyBps, basis: 'rivals' };
}

function rangeOf(market: ClearedMarket, service: Service, class_index: number, from: number): AllocationRange {
  const { piece, units, quote, lane } = service;
  const { entry, penaltyBps } = market.lane.bidders.list[piece.bidder]!;
  const shareBps = entry.bid.message.steps[piece.step]!.fee_share_bps;
  const maxFeeBps = market.ladder.demand.reserves[class_index]!;
  const price_bps = unitPrice({ shareBps, quoteBps: quote.bps, maxFeeBps, penaltyBps });
  return {
    role: 0,
    class_index,
    seq: entry.receipt.seq,
    step: piece.step,
    from,
    units,
    price_bps,
    fee_wei: feeWei(price_bps, market.inputs.parameters.reward_ref_wei),
    liability_wei: piece.liabilityWei,
    basis: quote.basis,
    lane,
  };
}

/** Units that nobody serves, with the reason that holds for the whole class. */
export function unservedOf({ ladder, clearing, inputs }: ClearedMarket): UnservedUnits[] {
  return clearing.flow.flatMap((served, class_index): UnservedUnits[] => {
    const units = [...served].reduce((sum, [supply, x]) => (ladder.supplies[supply]!.piece ? sum : sum + x), 0);
    if (units === 0) return [];
    const from = inputs.classes[class_index]!.count - units;
    return [{ role: 0, class_index, from, units, reason: reasonOf(ladder, class_index) }];
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
