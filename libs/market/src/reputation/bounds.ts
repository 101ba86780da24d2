import type { ReputationSnapshot } from '../types.js';

/** One in the fixed point of reputations. */
export const ONE = 1_000_000_000n;

const Z = 1645n;
const Z_SCALE = 1000n;
const Z_SQUARED = (Z * Z * ONE) / (Z_SCALE * Z_SCALE);
const PRIOR_WEIGHT = 20n * ONE;
const PRIOR_BAD = ONE / 5n;

/** Largest integer whose square is at most `value`. */
export function integerSqrt(value: bigint): bigint {
  if (value < 2n) return value;
  let root = 1n << BigInt((value.toString(2).length + 1) >> 1);
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

/** Wilson lower bound (z = 1.645, 1e9 fixed point) of the success rate behind `good` and `bad` observations (1e9 fixed point). */
export function lowerBound(good: bigint, bad: bigint): bigint {
  const count = good + bad + 2n * ONE;
  const rate = ((good + ONE) * ONE) / count;
  const centre = rate + (Z_SQUARED * ONE) / (2n * count);
  const variance = (rate * (ONE - rate)) / count + (((Z_SQUARED * ONE) / count) * ONE) / (4n * count);
  const radius = (Z * integerSqrt(variance * ONE)) / Z_SCALE;
  return ((centre - radius) * ONE) / (ONE + (Z_SQUARED * ONE) / count);
}

/** The reputation that policies put a floor under: the worse of both dimensions' lower bounds, 1e9 fixed point. */
export function reputationFloor(reputation: ReputationSnapshot): bigint {
  const live = lowerBound(reputation.live_r, reputation.live_s);
  const safe = lowerBound(reputation.safe_r, reputation.safe_s);
  return live < safe ? live : safe;
}

/** Quality penalty in the score: 10000·(1 − m), m = (r + 20·0.99)/(r + s + 20) of the live dimension, rounded up to whole bps. */
export function penaltyBps(reputation: ReputationSnapshot): number {
  const missed = 10_000n * (reputation.live_s + PRIOR_BAD);
  const count = reputation.live_r + reputation.live_s + PRIOR_WEIGHT;
  return Number((missed + count - 1n) / count);
}
