import { encodeFunctionData, zeroAddress, type PublicClient } from 'viem';
import type { Hex } from '@odf/protocol';
import type { OdfContracts } from '../chain/deployment.js';
import { ClaimRefusal, type ChainCall } from '../claim-desk.js';
import { coverLinesAbi, fraudClaimsAbi } from '../contracts/index.js';

/** Pays a claim whose windows have passed. */
export function finaliseCall({ claims }: Pick<OdfContracts, 'claims'>, claimId: Hex): ChainCall {
  const data = encodeFunctionData({ abi: fraudClaimsAbi, functionName: 'finalise', args: [claimId] });
  return { to: claims, data, value: 0n };
}

/** Takes what waits for an account, bonds of claims that it filed, out of the claims contract. */
export function collectBondsCall({ claims }: Pick<OdfContracts, 'claims'>, account: Hex): ChainCall {
  const data = encodeFunctionData({ abi: fraudClaimsAbi, functionName: 'collect', args: [zeroAddress, account] });
  return { to: claims, data, value: 0n };
}

/**
 * The contract that slashes are proved to for claims on a line.
 *
 * @throws {ClaimRefusal} refused, when no such line was opened.
 */
export async function oracleOfLine(
  client: PublicClient,
  { lines }: Pick<OdfContracts, 'lines'>,
  lineId: Hex,
): Promise<Hex> {
  const call = { abi: coverLinesAbi, address: lines, functionName: 'lineOf' } as const;
  const { owner, oracle } = await client.readContract({ ...call, args: [lineId] });
  if (owner === zeroAddress) throw new ClaimRefusal('refused', `no line ${lineId} was opened at ${lines}`);
  return oracle.toLowerCase() as Hex;
}
