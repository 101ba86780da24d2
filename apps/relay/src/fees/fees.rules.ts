import type { Hex } from '@odf/protocol';

/** An operator's account: what it owes in all, what was ever paid, and what its escrow holds; wei. */
export interface FeeAccount {
  /** Σ fees that are not void, paid ones included. */
  owedWei: bigint;
  /** Σ that coprocessors' owners have had from the escrow. */
  paidWei: bigint;
  balanceWei: bigint;
  /** Part of the balance whose withdrawal has been requested. */
  leavingWei: bigint;
}

/** Unpaid fees of an operator over all coprocessors, wei: what its escrow must still answer for. */
export function exposureWei({ owedWei, paidWei }: Pick<FeeAccount, 'owedWei' | 'paidWei'>): bigint {
  return owedWei > paidWei ? owedWei - paidWei : 0n;
}

/** What of an operator's escrow answers for no fee yet, wei. */
export function headroomWei(account: FeeAccount): bigint {
  const staying = account.balanceWei - account.leavingWei;
  const exposed = exposureWei(account);
  return staying > exposed ? staying - exposed : 0n;
}

/** A fee that asks for a part of its operator's escrow. */
export interface FeeAsked {
  operator: Hex;
  fee_wei: bigint;
  escrowed: boolean;
}

/** Which of these fees their operators' escrows answer for, in their order; each admitted one takes its part of the headroom. */
export function admitted(fees: readonly FeeAsked[], accounts: ReadonlyMap<Hex, FeeAccount>): boolean[] {
  const left = new Map([...accounts].map(([operator, account]) => [operator, headroomWei(account)]));
  return fees.map(({ operator, fee_wei, escrowed }) => {
    if (!escrowed) return true;
    const headroom = left.get(operator) ?? 0n;
    if (fee_wei > headroom) return false;
    left.set(operator, headroom - fee_wei);
    return true;
  });
}
