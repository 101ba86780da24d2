import { encodeFunctionData, hashTypedData } from 'viem';
import type { Hex, SigningContext } from '@odf/protocol';
import type { OdfContracts } from '../chain/deployment.js';
import type { ChainCall } from '../claim-desk.js';
import { coverLinesAbi } from '../contracts/index.js';

/** The terms of a cover line, member by member `Line` of the contracts; amounts in wei of the asset, times in Unix seconds. */
export interface CoverLineTerms {
  /** key_root of the coprocessor whose attestations the line stands behind. */
  coprocessor: Hex;
  /** Owner of the coprocessor and of the collateral. */
  owner: Hex;
  /** The relay whose awards a pooled line counts for. */
  relayRoot: Hex;
  /** The one operator of a dedicated line; zero: every operator in an award that the relay signed. */
  operator: Hex;
  avs: Hex;
  operatorSetId: number;
  asset: Hex;
  /** The most that all claims together take. */
  cap: bigint;
  validFrom: bigint;
  validUntil: bigint;
  /** Seconds after `validUntil` in which a slash still counts. */
  slashTail: bigint;
  /** Part of the own loss that is covered, basis points, at most 9000. */
  coverageBips: number;
  /** Bit `f` covers fault `f` of the attributor. */
  faultMask: bigint;
  oracle: Hex;
  attributor: Hex;
  /** The slasher that the operator set must have; zero: any. */
  pinnedSlasher: Hex;
  allowRedistribution: boolean;
  termsHash: Hex;
  salt: Hex;
}

/** EIP-712 type of a line, in the order of `CoverLines.LINE_TYPEHASH`. */
export const coverLineType = [
  { name: 'coprocessor', type: 'bytes32' },
  { name: 'owner', type: 'address' },
  { name: 'relayRoot', type: 'bytes32' },
  { name: 'operator', type: 'address' },
  { name: 'avs', type: 'address' },
  { name: 'operatorSetId', type: 'uint32' },
  { name: 'asset', type: 'address' },
  { name: 'cap', type: 'uint256' },
  { name: 'validFrom', type: 'uint64' },
  { name: 'validUntil', type: 'uint64' },
  { name: 'slashTail', type: 'uint64' },
  { name: 'coverageBips', type: 'uint16' },
  { name: 'faultMask', type: 'uint256' },
  { name: 'oracle', type: 'address' },
  { name: 'attributor', type: 'address' },
  { name: 'pinnedSlasher', type: 'address' },
  { name: 'allowRedistribution', type: 'bool' },
  { name: 'termsHash', type: 'bytes32' },
  { name: 'salt', type: 'bytes32' },
] as const;

/** The id of a line: the EIP-712 digest of its terms, as `CoverLines.idOf` computes it and consents sign it. */
export function lineId(
  line: CoverLineTerms,
  { chainId, settlement }: Pick<SigningContext, 'chainId' | 'settlement'>,
): Hex {
  return hashTypedData({
    domain: { name: 'ODF', version: '1', chainId, verifyingContract: settlement },
    types: { CoverLine: coverLineType },
    primaryType: 'CoverLine',
    message: line,
  });
}

/** Signatures over the line's id by whom the sender is not; EOA or ERC-1271. */
export interface LineConsents {
  owner?: Hex;
  /** Needed on dedicated lines only. */
  operator?: Hex;
}

/** Opens a line and locks its cap; the owner sends it itself, or has signed the id. */
export function openLineCall(
  { lines }: Pick<OdfContracts, 'lines'>,
  line: CoverLineTerms,
  by: LineConsents = {},
): ChainCall {
  const args = [line, by.owner ?? '0x', by.operator ?? '0x'] as const;
  return { to: lines, data: encodeFunctionData({ abi: coverLinesAbi, functionName: 'open', args }), value: 0n };
}

/** Frees what is left of a line whose term, tail and 30 days are over. */
export function closeLineCall({ lines }: Pick<OdfContracts, 'lines'>, id: Hex): ChainCall {
  return { to: lines, data: encodeFunctionData({ abi: coverLinesAbi, functionName: 'close', args: [id] }), value: 0n };
}
