import type { Hex } from '@odf/protocol';
import { createPublicClient, createWalletClient, http } from 'viem';
import { deployOdf } from '../chain/deploy-odf.js';
import type { Deployment } from '../chain/deployment.js';
import { DEPLOYER, devAccount, GUARDIAN, RESOLVER, TIMELOCK, VETO } from './dev-account.js';
import { listAtHub, type ListedAvs } from './hub-listing.js';
import { startLocalChain, type LocalChain } from './local-chain.js';

/** Where a local settlement keeps its chain, and what it lists. */
export interface LocalSettlementOptions {
  dataDir: string;
  chainId: number;
  avss: readonly ListedAvs[];
}

/** A settlement on a chain of this machine. */
export interface LocalSettlement {
  chain: LocalChain;
  deployment: Deployment;
}

const BOND = 10n ** 16n;
const BLOCK_TIME_S = 1;

/**
 * Who vouches for slashes and responses where an AVS has no contract that does: nobody, so that every claim is refused, as its
 * `attributor: none` says.
 */
export const NO_ATTRIBUTOR: Hex = '0x000000000000000000000000000000000000dead';

/**
 * Starts or takes over the local chain of a folder, and brings the settlement there that is missing: contracts, AVSs.
 *
 * @throws {LocalChainError} when the chain does not start; {@link DeploymentError} when its contracts cannot be made.
 */
export async function openLocalSettlement({
  dataDir,
  chainId,
  avss,
}: LocalSettlementOptions): Promise<LocalSettlement> {
  const chain = await startLocalChain({ dataDir, chainId, blockTimeS: BLOCK_TIME_S });
  try {
    return { chain, deployment: await bringSettlement(chain.rpcUrl, avss) };
  } catch (error) {
    if (!chain.adopted) await chain.stop();
    throw error;
  }
}

/**
 * Brings the settlement onto a development chain, each power in the hands of one of its accounts; does what is missing.
 *
 * @throws {DeploymentError} when its contracts cannot be made there.
 */
export async function bringSettlement(rpcUrl: string, avss: readonly ListedAvs[]): Promise<Deployment> {
  const transport = http(rpcUrl, { batch: true });
  const reader = createPublicClient({ transport, cacheTime: 0 });
  const addressOf = (index: number) => devAccount(index).address.toLowerCase() as Hex;
  const deployment = await deployOdf(reader, createWalletClient({ transport, account: devAccount(DEPLOYER) }), {
    roles: {
      timelock: addressOf(TIMELOCK),
      guardian: addressOf(GUARDIAN),
      resolver: addressOf(RESOLVER),
      veto: addressOf(VETO),
    },
    registrationBond: BOND,
    claimBond: BOND,
    firstNonce: 0,
  });
  await listAtHub(rpcUrl, deployment, { avss, oracles: [NO_ATTRIBUTOR] });
  return deployment;
}
