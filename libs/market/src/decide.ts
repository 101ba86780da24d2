import { awardsOf } from './awards.js';
import { rangesOf, unservedOf } from './allocation.js';
import { CapLadder } from './ladder.js';
import { outcomesOf } from './outcomes.js';
import { criticalPrices } from './pricing.js';
import { selectBids } from './selection.js';
import { demandOf, supplyOf } from './supply.js';
import type { AuctionDecision, AuctionInputs } from './types.js';

/**
 * Decides an auction: which bids count, who serves whom at which price, and why not (MARKET.md).
 *
 * Pure: the same inputs give the same decision, whatever order the bids are listed in.
 */
export function decideAuction(unordered: AuctionInputs): AuctionDecision {
  const inputs = { ...unordered, bids: bySeq(unordered.bids) };
  const { parameters, auction } = inputs;
  const demand = demandOf(inputs.classes, parameters.reward_ref_wei);
  const rejections = selectBids(inputs.bids, auction.closes_at_ms);
  const counted = inputs.bids.filter((_, index) => rejections[index] === null);
  const side = supplyOf(inputs, demand, counted);
  const ladder = new CapLadder(demand, side, parameters.cap_bps);
  const { capBps, clearing } = ladder.solve();
  const critical =
    parameters.pricing === 'first'
      ? null
      : criticalPrices(ladder, clearing, {
          thinReferenceBps: parameters.thin_reference_bps,
          penalties: side.list.map(({ penaltyBps }) => penaltyBps),
        });
  const ranges = rangesOf(inputs, side, ladder, clearing, critical);
  return {
    inputs,
    void: counted.length === 0,
    cap_bps: capBps,
    cap_relaxed: capBps > ladder.rungs[0]!,
    cost_bps: BigInt(clearing.cost),
    bids: outcomesOf({ inputs, rejections, side, ladder, ownerLimit: ladder.ownerLimit(capBps), ranges }),
    ranges,
    unserved: unservedOf(ladder, clearing),
    awards: awardsOf(inputs, ranges, 0),
  };
}

function bySeq(bids: AuctionInputs['bids']): AuctionInputs['bids'] {
  return [...bids].sort((a, b) => (a.receipt.seq < b.receipt.seq ? -1 : 1));
}
