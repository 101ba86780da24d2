import type { Fee } from '@odf/protocol';
import { channelKey, type ChannelPlace } from './records.js';

/** What a channel's sums come to for one fee; wei. */
export interface AccountedFee {
  fee: Fee;
  /** Part of the fee under the voucher. */
  vouched_wei: bigint;
  /** Part of the fee that the chain has paid. */
  paid_wei: bigint;
}

/** A channel over all terms; wei. */
export interface Channel extends ChannelPlace {
  /** Σ of the fees that are due, paid ones included. */
  owed_wei: bigint;
  vouched_wei: bigint;
  /** Null where no chain was asked. */
  paid_wei: bigint | null;
  /** What is due and not paid; negative where more was paid than this relay shows as due. */
  difference_wei: bigint | null;
}

/** Sums of some fees; wei: committed = paid + due + exposed + void. */
export interface Sums {
  committed_wei: bigint;
  /** Null where no chain was asked: what was paid is then in `due_wei`. */
  paid_wei: bigint | null;
  /** Due and not known to be paid. */
  due_wei: bigint;
  exposed_wei: bigint;
  void_wei: bigint;
  /** Part of paid and due that is under a voucher. */
  vouched_wei: bigint;
}

/** What vouchers promise and the chain has paid, by {@link channelKey}; `paid` is undefined where no chain was asked. */
export interface ChannelSums {
  vouched: ReadonlyMap<string, bigint>;
  paid: ReadonlyMap<string, bigint> | undefined;
}

/**
 * Spreads each channel's two sums over its fees.
 *
 * The escrow knows one sum a channel and no single fee: it counts for the fees that are due in the order in which they became so.
 *
 * @param fees of all terms, oldest first.
 */
export function accountFor(
  fees: readonly Fee[],
  { vouched, paid }: ChannelSums,
): { fees: AccountedFee[]; channels: Channel[] } {
  const channels = new Map<string, Channel>();
  for (const fee of fees) {
    const channel = channels.get(channelKey(fee)) ?? openChannel(fee, vouched, paid);
    if (fee.state === 'due') channel.owed_wei += fee.fee_wei;
    channels.set(channelKey(fee), channel);
  }
  const [vouchedOf, paidOf] = [spread(fees, vouched), spread(fees, paid ?? new Map())];
  return {
    fees: fees.map((fee) => ({ fee, vouched_wei: vouchedOf(fee), paid_wei: paidOf(fee) })),
    channels: [...channels.values()].map((channel) => ({
      ...channel,
      difference_wei: channel.paid_wei === null ? null : channel.owed_wei - channel.paid_wei,
    })),
  };
}

/** Adds fees up. */
export function sumUp(fees: readonly AccountedFee[], hasChain: boolean): Sums {
  const sum = (part: (fee: AccountedFee) => bigint): bigint => fees.reduce((total, fee) => total + part(fee), 0n);
  const inState = (state: Fee['state']) =>
    sum(({ fee, paid_wei }) => (fee.state === state ? fee.fee_wei - paid_wei : 0n));
  return {
    committed_wei: sum(({ fee }) => fee.fee_wei),
    paid_wei: hasChain ? sum(({ paid_wei }) => paid_wei) : null,
    due_wei: inState('due'),
    exposed_wei: inState('exposed'),
    void_wei: inState('void'),
    vouched_wei: sum(({ vouched_wei }) => vouched_wei),
  };
}

function openChannel(
  { operator, owner }: ChannelPlace,
  vouched: ChannelSums['vouched'],
  paid: ChannelSums['paid'],
): Channel {
  const key = channelKey({ operator, owner });
  return {
    operator,
    owner,
    owed_wei: 0n,
    vouched_wei: vouched.get(key) ?? 0n,
    paid_wei: paid ? (paid.get(key) ?? 0n) : null,
    difference_wei: null,
  };
}

/** How much of each fee a channel's sum reaches; only what is due is ever promised or paid. */
function spread(fees: readonly Fee[], sums: ReadonlyMap<string, bigint>): (fee: Fee) => bigint {
  const left = new Map(sums);
  const parts = new Map<Fee, bigint>();
  for (const fee of fees.filter(({ state }) => state === 'due').sort(bySettlement)) {
    const have = left.get(channelKey(fee)) ?? 0n;
    const part = have < fee.fee_wei ? have : fee.fee_wei;
    left.set(channelKey(fee), have - part);
    parts.set(fee, part);
  }
  return (fee) => parts.get(fee) ?? 0n;
}

function bySettlement(a: Fee, b: Fee): number {
  const [first, second] = [a.settled_at_ms ?? a.committed_at_ms, b.settled_at_ms ?? b.committed_at_ms];
  if (first !== second) return first < second ? -1 : 1;
  return BigInt(a.id) < BigInt(b.id) ? -1 : 1;
}
