import { encodeFunctionData } from 'viem';
import type { Hex, Voucher } from '@odf/protocol';
import type { OdfContracts } from '../chain/deployment.js';
import type { ChainCall } from '../claim-desk.js';
import { feeEscrowAbi as abi } from '../contracts/index.js';

type Escrow = Pick<OdfContracts, 'escrow'>;

/** Prefunds an operator's fees, wei; by anybody. */
export function escrowDepositCall({ escrow }: Escrow, operator: Hex, amountWei: bigint): ChainCall {
  return {
    to: escrow,
    data: encodeFunctionData({ abi, functionName: 'deposit', args: [operator] }),
    value: amountWei,
  };
}

/** An operator's hot key for vouchers. */
export interface DelegatedSignerTerms {
  operator: Hex;
  hotKey: Hex;
  /** Unix seconds. */
  validUntil: bigint;
  /** Higher than the one before. */
  nonce: bigint;
  /** The operator's over `DelegatedSigner`; left out when the operator itself sends the call. */
  signature?: Hex;
}

/** Names the hot key that may sign an operator's vouchers. */
export function delegateSignerCall({ escrow }: Escrow, terms: DelegatedSignerTerms): ChainCall {
  const { operator, hotKey, validUntil, nonce, signature = '0x' } = terms;
  const args = [operator, hotKey, validUntil, nonce, signature] as const;
  return { to: escrow, data: encodeFunctionData({ abi, functionName: 'setDelegatedSigner', args }), value: 0n };
}

/** Pays what a voucher exceeds the payments so far by, as far as the operator's escrow goes; by anybody. */
export function redeemCall({ escrow }: Escrow, voucher: Voucher): ChainCall {
  const { operator, owner, cumulative_wei, signature } = voucher;
  const args = [operator, owner, cumulative_wei, signature] as const;
  return { to: escrow, data: encodeFunctionData({ abi, functionName: 'redeem', args }), value: 0n };
}

/** Takes out all payments to the sender, which must be the owner. */
export function collectCall({ escrow }: Escrow, to: Hex): ChainCall {
  return { to: escrow, data: encodeFunctionData({ abi, functionName: 'collect', args: [to] }), value: 0n };
}
