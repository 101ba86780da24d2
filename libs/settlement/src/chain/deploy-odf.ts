import type { Hex } from '@odf/protocol';
import type { PublicClient } from 'viem';
import {
  collateralVaultAbi,
  collateralVaultBytecode,
  coprocessorRegistryAbi,
  coprocessorRegistryBytecode,
  coverLinesAbi,
  coverLinesBytecode,
  feeEscrowAbi,
  feeEscrowBytecode,
  fraudClaimsAbi,
  fraudClaimsBytecode,
  odfHubAbi,
  odfHubBytecode,
} from '../contracts/index.js';
import { createInOrder, type Creation, type Sender } from './create-in-order.js';
import { readDeployment, type Deployment } from './deployment.js';

/** Who holds which power over a new settlement; nobody's power moves funds. */
export interface OdfRoles {
  /** Admin of roles and parameters: a timelock. */
  timelock: Hex;
  guardian: Hex;
  resolver: Hex;
  veto: Hex;
}

/** What a deployment is made with; bonds in wei. */
export interface DeployOptions {
  roles: OdfRoles;
  registrationBond: bigint;
  claimBond: bigint;
  /** The account's nonce of the hub: give it again to finish a deployment that was interrupted. Default: its next nonce. */
  firstNonce?: number;
}

/**
 * Deploys the hub and then the contracts that it names, each at the address that follows from the account's nonces.
 *
 * The account must send nothing else meanwhile. Called again with the same `firstNonce`, it creates what is still missing.
 *
 * @throws {DeploymentError} when a creation reverts, or the nonces were used for something else.
 */
export async function deployOdf(reader: PublicClient, sender: Sender, options: DeployOptions): Promise<Deployment> {
  const at = await createInOrder(reader, sender, (addressOf) => creationsOf(addressOf, options), options.firstNonce);
  return readDeployment(reader, at(0));
}

function creationsOf(at: (index: number) => Hex, { roles, registrationBond, claimBond }: DeployOptions): Creation[] {
  const contracts = { registry: at(1), vault: at(2), lines: at(3), claims: at(4), escrow: at(5) };
  const args = [at(0)];
  return [
    { abi: odfHubAbi, bytecode: odfHubBytecode, args: [contracts, roles, registrationBond, claimBond] },
    { abi: coprocessorRegistryAbi, bytecode: coprocessorRegistryBytecode, args },
    { abi: collateralVaultAbi, bytecode: collateralVaultBytecode, args },
    { abi: coverLinesAbi, bytecode: coverLinesBytecode, args },
    { abi: fraudClaimsAbi, bytecode: fraudClaimsBytecode, args },
    { abi: feeEscrowAbi, bytecode: feeEscrowBytecode, args },
  ];
}
