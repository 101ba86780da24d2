import type { Hex } from '@odf/protocol';
import { integerSqrt, ONE } from './bounds.js';
import { addShares, type Shares } from './decay.js';

const ETHER = 10n ** 18n;
/** Stake whose service weighs one. */
const UNIT_STAKE_WEI = 320n * ETHER;
const MOST_WEIGHT = 4n * ONE;
/** What a slash adds to the safe dimension's bad side. */
const SLASH = 25n * ONE;

/** What became of a task that was due, or of what was delivered for it, by the coprocessor's own doing. */
export const OBSERVED_KINDS = ['delivered', 'late', 'withheld', 'invalid', 'commitment_without_reveal'] as const;
export type ObservedKind = (typeof OBSERVED_KINDS)[number];

/** What one task of each kind is worth per unit of weight: good and bad in tenths. */
const WORTH: Readonly<Record<ObservedKind, readonly [good: bigint, bad: bigint]>> = {
  delivered: [10n, 0n],
  late: [3n, 7n],
  withheld: [0n, 30n],
  invalid: [0n, 50n],
  commitment_without_reveal: [0n, 20n],
};
const TENTHS = 10n;

/** One task as somebody's record has it: of which kind, and the stake in wei that was served or let down, by operator. */
export interface Observed {
  avs_id: Hex;
  kind: ObservedKind;
  stakes: Shares<Hex>;
}

/** What a day adds to a record, 1e9 fixed point: the good side by the operators that it was done for. */
export interface Increment {
  live_r: Map<Hex, bigint>;
  live_s: bigint;
  safe_r: Map<Hex, bigint>;
  safe_s: bigint;
}

/** Weight of an observation, 1e9 fixed point: min(4, √(stake / 320 ETH)). */
export function weightOf(stakeWei: bigint): bigint {
  const weight = integerSqrt((stakeWei * ONE * ONE) / UNIT_STAKE_WEI);
  return weight < MOST_WEIGHT ? weight : MOST_WEIGHT;
}

/**
 * What a day adds: one observation for each AVS, in which every task counts alike; the day weighs by the most stake that any one
 * of its tasks had (MARKET.md, "Reputation").
 */
export function incrementOf(tasks: readonly Observed[], slashes: number): Increment {
  const sum: Increment = { live_r: new Map(), live_s: 0n, safe_r: new Map(), safe_s: SLASH * BigInt(slashes) };
  for (const avs of new Set(tasks.map(({ avs_id }) => avs_id))) {
    addObservation(
      sum,
      tasks.filter(({ avs_id }) => avs_id === avs),
    );
  }
  return sum;
}

function addObservation(to: Increment, tasks: readonly Observed[]): void {
  const weight = weightOf(tasks.reduce((most, { stakes }) => larger(most, total(stakes)), 0n));
  const perTask = (tenths: bigint): bigint => (tenths * weight) / (TENTHS * BigInt(tasks.length));
  const worth = (side: 0 | 1): bigint => tasks.reduce((sum, { kind }) => sum + WORTH[kind][side], 0n);
  const delivered = tasks.filter(({ kind }) => kind === 'delivered');
  const served = new Map<Hex, bigint>();
  for (const { kind, stakes } of tasks) {
    if (WORTH[kind][0] === 0n) continue;
    for (const [operator, wei] of stakes) served.set(operator, (served.get(operator) ?? 0n) + wei);
  }
  addShares(to.live_r, perTask(worth(0)), served);
  to.live_s += perTask(worth(1));
  addShares(to.safe_r, perTask(TENTHS * BigInt(delivered.length)), served);
}

function total(stakes: Shares<Hex>): bigint {
  let sum = 0n;
  for (const wei of stakes.values()) sum += wei;
  return sum;
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
