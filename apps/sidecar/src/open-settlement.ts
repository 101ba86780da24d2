import type { Hex } from '@odf/protocol';
import { ChainView, DeploymentError, readDeployment, type Deployment } from '@odf/settlement';
import { createPublicClient, http, type PublicClient } from 'viem';
import type { BoostOptions } from './options.js';
import { PolicyError, type SidecarPolicy } from './policy.js';
import type { SettlementPorts } from './settlement-ports.js';

/**
 * The settlement on the chain at CHAIN_RPC_URL; undefined without that.
 *
 * @throws {PolicyError} when the chain does not answer, is not the policy's, or has no hub there.
 */
export async function openSettlement(
  { chainRpcUrl, settlement, allocationManager, chainConfirmations }: BoostOptions,
  policy: SidecarPolicy,
): Promise<SettlementPorts | undefined> {
  if (chainRpcUrl === undefined) return undefined;
  const hub = settlement ?? policy.settlement;
  if (hub === undefined) throw new PolicyError('settlement: name the hub of the settlement with --settlement');
  if (allocationManager === undefined) {
    throw new PolicyError('allocationManager: name the contract that tells of slashes with --allocation-manager');
  }
  const client = createPublicClient({ transport: http(chainRpcUrl, { batch: true }), cacheTime: 0 });
  const deployment = await deploymentAt(client, hub);
  const { chainId } = deployment;
  if (policy.chain_id !== undefined && policy.chain_id !== chainId) {
    throw new PolicyError(`chainRpcUrl: the chain is ${chainId}, the policy's ${policy.chain_id}`);
  }
  const view = new ChainView({ client, deployment, allocationManager, confirmations: chainConfirmations });
  return { chainId, settlement: hub, view };
}

async function deploymentAt(client: PublicClient, hub: Hex): Promise<Deployment> {
  try {
    return await readDeployment(client, hub);
  } catch (cause) {
    if (cause instanceof DeploymentError) throw new PolicyError(`settlement: ${cause.message}`);
    throw new PolicyError('chainRpcUrl: the chain does not answer');
  }
}
