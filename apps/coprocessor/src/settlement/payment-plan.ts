import type { Channel } from './ports.js';

/** A fee that its operator owes without doubt; wei. */
export interface DueFee {
  /** The relay's number of it. */
  id: string;
  fee_wei: bigint;
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const most = (a: bigint, b: bigint): bigint => (a > b ? a : b);

/** What a voucher would pay now: what it exceeds the payments so far by, as far as the escrow goes; wei. */
export function redeemableWei(cumulativeWei: bigint, { paidWei, balanceWei }: Channel): bigint {
  return least(most(cumulativeWei - paidWei, 0n), balanceWei);
}

/**
 * The fees to prove so that they pay what no voucher does; none where proofs would bring less than `atLeastWei`.
 *
 * The escrow pays the larger of what is promised and what is proved, so all fees are to be proved, those under a voucher too.
 */
export function feesToDraw<F extends DueFee>(
  undrawn: readonly F[],
  promisedWei: bigint,
  channel: Channel,
  atLeastWei: bigint,
): readonly F[] {
  const provable = channel.provedWei + undrawn.reduce((sum, { fee_wei }) => sum + fee_wei, 0n);
  const beyond = provable - most(promisedWei, channel.paidWei);
  return beyond > 0n && least(beyond, channel.balanceWei) >= atLeastWei ? undrawn : [];
}
