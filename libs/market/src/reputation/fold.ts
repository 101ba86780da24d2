import type { Hex } from '@odf/protocol';
import type { ReputationSnapshot } from '../types.js';
import { ONE } from './bounds.js';
import { decay, decayShares, LIVE_DECAY, SAFE_DECAY, type Shares } from './decay.js';
import type { Increment } from './observation.js';
import { cappedSum } from './wash-cap.js';

/** A record at the end of a day, 1e9 fixed point: the good side of each dimension by the operators that it was done for. */
export interface ReputationState {
  live_r: Shares<Hex>;
  live_s: bigint;
  safe_r: Shares<Hex>;
  safe_s: bigint;
}

/** A record of nothing. */
export const NO_RECORD: ReputationState = { live_r: new Map(), live_s: 0n, safe_r: new Map(), safe_s: 0n };

/** A record one day later: what there was decays, then the day is added. */
export function foldDay(state: ReputationState, day: Increment): ReputationState {
  return {
    live_r: sumOf(decayShares(state.live_r, LIVE_DECAY), day.live_r),
    live_s: decay(state.live_s, LIVE_DECAY) + day.live_s,
    safe_r: sumOf(decayShares(state.safe_r, SAFE_DECAY), day.safe_r),
    safe_s: decay(state.safe_s, SAFE_DECAY) + day.safe_s,
  };
}

/** What counts of a record: no operator supplies more than 10 % of its good side, or one observation if that is more. */
export function scoreOf(state: ReputationState): ReputationSnapshot {
  return {
    live_r: cappedSum(state.live_r.values(), ONE),
    live_s: state.live_s,
    safe_r: cappedSum(state.safe_r.values(), ONE),
    safe_s: state.safe_s,
  };
}

/** Whether nothing is left of a record. */
export function isForgotten({ live_r, live_s, safe_r, safe_s }: ReputationState): boolean {
  return live_r.size === 0 && safe_r.size === 0 && live_s === 0n && safe_s === 0n;
}

function sumOf(left: Map<Hex, bigint>, added: Shares<Hex>): Map<Hex, bigint> {
  for (const [operator, amount] of added) left.set(operator, (left.get(operator) ?? 0n) + amount);
  return left;
}
