import {
  CapLadder,
  criticalPrices,
  decideAuction,
  demandOf,
  supplyOf,
  thinReferenceBps,
  type AuctionInputs,
} from '@odf/market';
import { BIDS, CLASSES, inputsOfBench, VALIDATORS } from './support/million.js';
import { line, timed, times } from './support/timed.js';

/** Touches every member and bid once: what any mechanism must do at least. */
function readOnce({ members, bids }: AuctionInputs): number {
  let sum = 0;
  for (const { class_index, validator_root, operator } of members) {
    sum += class_index + validator_root.charCodeAt(65) + operator.charCodeAt(41);
  }
  for (const { bid } of bids) for (const { units } of bid.message.steps) sum += units;
  return sum;
}

/** Clears a million validators: the exact clearing and the critical prices beside the time to read the inputs once. */
export async function run(_args: string[]): Promise<void> {
  const inputs = inputsOfBench();
  const { reward_ref_wei, cap_bps, reference_terms } = inputs.parameters;
  const read = timed(() => readOnce(inputs));
  const demand = demandOf(inputs.classes, reward_ref_wei);
  const supply = timed(() => supplyOf(inputs, demand, inputs.bids));
  const side = supply.result;
  const clearing = timed(() => new CapLadder(demand, side, cap_bps).solve());
  const penalties = side.list.map(({ penaltyBps }) => penaltyBps);
  const ladder = new CapLadder(demand, side, cap_bps);
  const solved = ladder.solve();
  const prices = timed(() =>
    criticalPrices(ladder, solved.clearing, { thinReferenceBps: thinReferenceBps(reference_terms), penalties }),
  );
  const whole = timed(() => decideAuction(inputs).ranges.length);
  line('validators × bids × classes', `${VALIDATORS} × ${BIDS} × ${CLASSES}`);
  line('reading the inputs once', times(read));
  line('eligibility of every bid for every class', times(supply));
  line('exact clearing, owner-cap ladder included', `${times(clearing)}, target < 100 ms`);
  line('critical prices', `${times(prices)} for ${prices.result.size} winners, target < 2000 ms`);
  line('whole decision', `${times(whole)}, ${whole.result} ranges`);
  line('owner cap used, units unserved', `${solved.capBps} bps, ${solved.clearing.unserved}`);
  line('clearing / reading the inputs once', (clearing.median / read.median).toFixed(2));
  line('peak memory', `${Math.round(process.resourceUsage().maxRSS / 1024)} MB, target < 500 MB`);
  await Promise.resolve();
}
