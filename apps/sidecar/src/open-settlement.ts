import type { ChainAccess } from '@odf/avs';
import { SignatureVerifier } from '@odf/bls';
import type { Hex } from '@odf/protocol';
import {
  ChainClaimDesk,
  ChainClaimFiler,
  ChainView,
  DeploymentError,
  finaliseCall,
  oracleOfLine,
  readDeployment,
  type Deployment,
} from '@odf/settlement';
import { systemClock } from '@odf/telemetry';
import type { Logger } from 'pino';
import { createPublicClient, http, type LocalAccount, type PublicClient } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { readSecretFile } from './keys.js';
import type { BoostOptions } from './options.js';
import { PolicyError, type SidecarPolicy } from './policy.js';
import type { SettlementPorts } from './settlement-ports.js';
import { Transactions } from './transactions.js';

/** The settlement on a chain, and the sidecar's own transactions there. */
export interface OpenedSettlement {
  settlement: SettlementPorts;
  /** For AVSs that take responses by transaction. */
  chain: ChainAccess;
  transactions: Transactions;
}

/**
 * The settlement on the chain at CHAIN_RPC_URL; undefined without that.
 *
 * @throws {PolicyError} when the chain does not answer, is not the policy's, has no hub there, or a key file cannot be used.
 */
export async function openSettlement(
  options: BoostOptions,
  policy: SidecarPolicy,
  log: Logger,
): Promise<OpenedSettlement | undefined> {
  const { chainRpcUrl, allocationManager, dataDir, chainConfirmations: confirmations } = options;
  if (chainRpcUrl === undefined) return undefined;
  const hub = options.settlement ?? policy.settlement;
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
  const accounts = await operatorAccounts(policy);
  const payer = options.chainAccountKey === undefined ? accounts[0]! : await accountIn(options.chainAccountKey);
  const sending = { dataDir, client, chainId, confirmations, clock: systemClock, log };
  const transactions = await Transactions.open(sending, [...accounts, payer]);
  const view = new ChainView({ client, deployment, allocationManager, confirmations });
  const filer = claimFiler({ client, deployment, confirmations, transactions, payer });
  return {
    settlement: { chainId, settlement: hub, view, filer },
    chain: { client, transactions: (account) => transactions.of(account) },
    transactions,
  };
}

/** Files from the payer's account; each line's slashes are proved to the oracle that the line names. */
function claimFiler({
  client,
  deployment,
  confirmations,
  transactions,
  payer,
}: {
  client: PublicClient;
  deployment: Deployment;
  confirmations: number;
  transactions: Transactions;
  payer: LocalAccount;
}): ChainClaimFiler {
  const sender = payer.address.toLowerCase() as Hex;
  const proving = {
    client,
    deployment,
    signatures: new SignatureVerifier(),
    confirmations: BigInt(confirmations),
    sender,
  };
  return new ChainClaimFiler({
    deskFor: async (lineId) =>
      new ChainClaimDesk({ ...proving, oracle: await oracleOfLine(client, deployment, lineId) }),
    finalise: (claimId) => finaliseCall(deployment, claimId),
    sender: transactions.of(sender),
    client,
    claims: deployment.claims,
    clock: systemClock,
  });
}

/** The validators' operators, which send their own responses. */
async function operatorAccounts({ validators }: SidecarPolicy): Promise<LocalAccount[]> {
  const accounts = await Promise.all(validators.map((one) => accountIn(one.operator_key_file)));
  return [...new Map(accounts.map((account) => [account.address, account])).values()];
}

async function accountIn(file: string): Promise<LocalAccount> {
  const secret = await readSecretFile(file);
  try {
    return privateKeyToAccount(secret.expose());
  } catch {
    // What viem says could show the key.
    throw new PolicyError(`the key file ${file} holds no secret key of an account`);
  }
}

async function deploymentAt(client: PublicClient, hub: Hex): Promise<Deployment> {
  try {
    return await readDeployment(client, hub);
  } catch (cause) {
    if (cause instanceof DeploymentError) throw new PolicyError(`settlement: ${cause.message}`);
    throw new PolicyError('chainRpcUrl: the chain does not answer');
  }
}
