import type { Hex } from '@odf/protocol';
import type { PublicClient } from 'viem';
import { odfHubAbi } from '../contracts/index.js';

/** The contracts that the hub names; lower-case addresses. */
export interface OdfContracts {
  registry: Hex;
  vault: Hex;
  lines: Hex;
  claims: Hex;
  escrow: Hex;
}

/** Where the settlement stands on a chain. */
export interface Deployment extends OdfContracts {
  chainId: bigint;
  hub: Hex;
}

/** There is no hub at the address, or it is on another chain; whoever was told that address names the setting. */
export class DeploymentError extends Error {
  override readonly name = 'DeploymentError';
}

/**
 * Reads from the hub which contracts it names.
 *
 * @throws {DeploymentError} when there is no hub at that address.
 */
export async function readDeployment(client: PublicClient, hub: Hex): Promise<Deployment> {
  const code = await client.getCode({ address: hub });
  const chainId = BigInt(await client.getChainId());
  if (!code) throw new DeploymentError(`chain ${chainId} has no contract at ${hub}, where the hub should be`);
  const names = ['registry', 'vault', 'lines', 'claims', 'escrow'] as const;
  const read = (functionName: (typeof names)[number]) =>
    client.readContract({ abi: odfHubAbi, address: hub, functionName }).catch((cause: unknown) => {
      throw new DeploymentError(`the contract at ${hub} of chain ${chainId} is no ODF hub`, { cause });
    });
  const [registry, vault, lines, claims, escrow] = (await Promise.all(names.map(read))).map(
    (address) => address.toLowerCase() as Hex,
  ) as [Hex, Hex, Hex, Hex, Hex];
  return { chainId, hub, registry, vault, lines, claims, escrow };
}
