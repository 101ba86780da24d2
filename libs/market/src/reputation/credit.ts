import type { Hex } from '@odf/protocol';
import { decayShares, LIVE_DECAY, type Shares } from './decay.js';
import { cappedSum } from './wash-cap.js';

/** Fees in wei that became due on one day, by the operator that pays them. */
export interface EarnedDay {
  /** Days since 1970. */
  day: number;
  fees: Shares<Hex>;
}

/**
 * Credit in wei: the fees earned, each day with a half-life of 30 days, of which no operator supplies more than 10 %
 * (MARKET.md, "Credit limit").
 *
 * @param days rising, none after `today`.
 */
export function creditWei(days: readonly EarnedDay[], today: number): bigint {
  let earned = new Map<Hex, bigint>();
  let at = days[0]?.day ?? today;
  const passTo = (day: number): void => {
    for (; at < day; at++) earned = decayShares(earned, LIVE_DECAY);
  };
  for (const { day, fees } of days) {
    passTo(day);
    for (const [operator, wei] of fees) earned.set(operator, (earned.get(operator) ?? 0n) + wei);
  }
  passTo(today);
  return cappedSum(earned.values(), 0n);
}
