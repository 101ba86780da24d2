import { rangesOf, unservedOf, type ClearedMarket } from './allocation.js';
import { awardsOf } from './awards.js';
import { CapLadder } from './ladder.js';
import { drawLane } from './lane.js';
import { outcomesOf } from './outcomes.js';
import { quotesOf } from './pricing.js';
import { medianBps, thinReferenceBps } from './reference.js';
import { selectBids } from './selection.js';
import { standbysOf } from './standby.js';
import { demandOf, supplyOf, type SupplySide } from './supply.js';
import type { AuctionDecision, AuctionInputs } from './types.js';

/**
 * Decides an auction: which bids count, who serves whom at which price, who stands by, and why not (MARKET.md).
 *
 * Pure: the same inputs give the same decision, whatever order the bids are listed in.
 */
export function decideAuction(unordered: AuctionInputs): AuctionDecision {
  const inputs = { ...unordered, bids: bySeq(unordered.bids) };
  const { parameters, auction } = inputs;
  const demand = demandOf(inputs.classes, parameters.reward_ref_wei);
  const rejections = selectBids(inputs.bids, auction);
  const counted = inputs.bids.filter((_, index) => rejections[index] === null);
  const side = supplyOf(inputs, demand, counted);
  const { market, capBps } = clearMarket(inputs, new CapLadder(demand, side, parameters.cap_bps), side);
  const { ladder, clearing, lane } = market;
  const primary = rangesOf(market);
  const standbys = standbysOf(inputs, side, demand, primary, parameters.cap_bps);
  const ranges = [...primary, ...standbys.ranges];
  return {
    inputs,
    void: counted.length === 0,
    reference_bps: thinReferenceBps(parameters.reference_terms),
    median_bps: medianBps(primary),
    primary: { cap_bps: capBps, cap_relaxed: capBps > ladder.rungs[0]!, cost_bps: BigInt(clearing.cost) },
    lane: { marginal_bps: lane.marginalBps, units: lane.rows.reduce((sum, { units }) => sum + units, 0) },
    standby: standbys.cleared,
    bids: outcomesOf({ inputs, rejections, side, ladder, lane, ownerLimit: ladder.ownerLimit(capBps), ranges }),
    ranges,
    unserved: [...unservedOf(market), ...standbys.unserved],
    awards: [...awardsOf(inputs, ranges, 0), ...awardsOf(inputs, ranges, 1)],
  };
}

/** Clears everything once to know the last marginal score, then what the newcomer lane leaves of it, and prices that. */
function clearMarket(
  inputs: AuctionInputs,
  whole: CapLadder,
  side: SupplySide,
): { market: ClearedMarket; capBps: number } {
  const { cap_bps, newcomer_bps, pricing, reference_terms } = inputs.parameters;
  const first = whole.solve();
  const lane = drawLane(whole, first.clearing, side, newcomer_bps);
  const ladder = lane.rows.length === 0 ? whole : new CapLadder(lane.demand, lane.bidders, cap_bps, lane.base);
  const { capBps, clearing } = ladder === whole ? first : ladder.solve();
  const quotes = quotesOf(pricing, ladder, clearing, {
    thinReferenceBps: thinReferenceBps(reference_terms),
    penalties: side.list.map(({ penaltyBps }) => penaltyBps),
  });
  return { market: { inputs, lane, ladder, clearing, quotes }, capBps };
}

function bySeq(bids: AuctionInputs['bids']): AuctionInputs['bids'] {
  return [...bids].sort((a, b) => (a.receipt.seq < b.receipt.seq ? -1 : 1));
}
