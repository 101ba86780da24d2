import { encodeFunctionData, erc20Abi } from 'viem';
import type { Hex } from '@odf/protocol';
import type { OdfContracts } from '../chain/deployment.js';
import type { ChainCall } from '../claim-desk.js';
import { collateralVaultAbi as abi } from '../contracts/index.js';
import { NATIVE_ASSET } from '../settlement.js';

type Vault = Pick<OdfContracts, 'vault'>;

/** Lets the vault take `amountWei` of a token from the sender, which a deposit of it needs first. */
export function approveCall({ vault }: Vault, asset: Hex, amountWei: bigint): ChainCall {
  const data = encodeFunctionData({ abi: erc20Abi, functionName: 'approve', args: [vault, amountWei] });
  return { to: asset, data, value: 0n };
}

/** Deposits collateral for `owner`; {@link NATIVE_ASSET} travels with the call, a token must be approved before. */
export function depositCall({ vault }: Vault, owner: Hex, asset: Hex, amountWei: bigint): ChainCall {
  const data = encodeFunctionData({ abi, functionName: 'deposit', args: [owner, asset, amountWei] });
  return { to: vault, data, value: asset === NATIVE_ASSET ? amountWei : 0n };
}

/** Starts the 21 days after which the sender's free collateral may leave; each request restarts them for all of it. */
export function requestUnbondCall({ vault }: Vault, asset: Hex, amountWei: bigint): ChainCall {
  const data = encodeFunctionData({ abi, functionName: 'requestUnbond', args: [asset, amountWei] });
  return { to: vault, data, value: 0n };
}

/** Takes out all that the sender has unbonded. */
export function withdrawCall({ vault }: Vault, asset: Hex, to: Hex): ChainCall {
  return { to: vault, data: encodeFunctionData({ abi, functionName: 'withdraw', args: [asset, to] }), value: 0n };
}

/** Takes out what claims have paid to the sender. */
export function collectPayoutCall({ vault }: Vault, asset: Hex, to: Hex): ChainCall {
  return { to: vault, data: encodeFunctionData({ abi, functionName: 'collect', args: [asset, to] }), value: 0n };
}
