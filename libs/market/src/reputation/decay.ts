import { ONE } from './bounds.js';

/** What is left after a day, 1e9 fixed point: half-lives of 30 and of 180 days. */
export const LIVE_DECAY = 977_159_968n;
export const SAFE_DECAY = 996_156_587n;

/** Amounts by who supplied them. */
export type Shares<K> = ReadonlyMap<K, bigint>;

/** ⌊x·λ⌋. */
export function decay(amount: bigint, lambda: bigint): bigint {
  return (amount * lambda) / ONE;
}

/** Shares after a day; what has decayed to nothing is dropped. */
export function decayShares<K>(shares: Shares<K>, lambda: bigint): Map<K, bigint> {
  const left = new Map<K, bigint>();
  for (const [key, amount] of shares) {
    const rest = decay(amount, lambda);
    if (rest > 0n) left.set(key, rest);
  }
  return left;
}

/** Adds shares of a total to what is there: each ⌊total·weight/Σ weights⌋, so that no more than the total is given. */
export function addShares<K>(to: Map<K, bigint>, total: bigint, weights: Shares<K>): void {
  let all = 0n;
  for (const weight of weights.values()) all += weight;
  if (all === 0n) return;
  for (const [key, weight] of weights) {
    const share = (total * weight) / all;
    if (share > 0n) to.set(key, (to.get(key) ?? 0n) + share);
  }
}
