import { avsId, zeroHex, type Hex } from '@odf/protocol';
import {
  createPublicClient,
  createWalletClient,
  encodeFunctionData,
  http,
  type Account,
  type LocalAccount,
  type PublicClient,
} from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import { deployOdf } from '../chain/deploy-odf.js';
import type { Deployment } from '../chain/deployment.js';
import { odfHubAbi } from '../contracts/index.js';
import { startLocalChain, type LocalChain } from './local-chain.js';

/** An AVS that a local settlement shall list; seconds. */
export interface LocalAvs {
  avs: Hex;
  operatorSetId: number;
  vetoSeconds: bigint;
  challengeSeconds: bigint;
}

/** Where a local settlement keeps its chain, and what it lists. */
export interface LocalSettlementOptions {
  dataDir: string;
  chainId: number;
  avss: readonly LocalAvs[];
}

/** A settlement on a chain of this machine. */
export interface LocalSettlement {
  chain: LocalChain;
  deployment: Deployment;
}

/** Anvil's first account deploys and does nothing else, so that the hub has the address of the protocol's vectors. */
const MNEMONIC = 'test test test test test test test test test test test junk';
const BOND = 10n ** 16n;
const BLOCK_TIME_S = 1;
const POLL_MS = 50;

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
    const [deployer, timelock, guardian, resolver, veto] = [0, 1, 2, 3, 4].map((index) => devAccount(index));
    const transport = http(chain.rpcUrl, { batch: true });
    const reader = createPublicClient({ transport, cacheTime: 0 });
    const addressOf = (account?: Account) => account!.address.toLowerCase() as Hex;
    const deployment = await deployOdf(reader, createWalletClient({ transport, account: deployer! }), {
      roles: {
        timelock: addressOf(timelock),
        guardian: addressOf(guardian),
        resolver: addressOf(resolver),
        veto: addressOf(veto),
      },
      registrationBond: BOND,
      claimBond: BOND,
      firstNonce: 0,
    });
    await administer(
      reader,
      createWalletClient({ transport, account: timelock! }),
      await missing(reader, deployment, avss),
      deployment,
    );
    return { chain, deployment };
  } catch (error) {
    if (!chain.adopted) await chain.stop();
    throw error;
  }
}

/** One of the ten accounts that anvil funds at its start; its key is public. */
export function devAccount(index: number): LocalAccount {
  return mnemonicToAccount(MNEMONIC, { addressIndex: index });
}

/** Calls of the hub that list what it does not list yet. */
async function missing(reader: PublicClient, { hub, chainId }: Deployment, avss: readonly LocalAvs[]): Promise<Hex[]> {
  const at = { abi: odfHubAbi, address: hub } as const;
  const calls: Hex[] = [];
  if (!(await reader.readContract({ ...at, functionName: 'isOracleAllowed', args: [NO_ATTRIBUTOR] }))) {
    calls.push(encodeFunctionData({ abi: odfHubAbi, functionName: 'allowOracle', args: [NO_ATTRIBUTOR, true] }));
  }
  for (const avs of avss) {
    const id = avsId(chainId, avs.avs, avs.operatorSetId);
    if ((await reader.readContract({ ...at, functionName: 'avsTerms', args: [id] })).listed) continue;
    const terms = { ...avs, listed: true, acceptance: zeroHex(20) };
    calls.push(encodeFunctionData({ abi: odfHubAbi, functionName: 'setAvsTerms', args: [terms] }));
  }
  return calls;
}

async function administer(
  reader: PublicClient,
  timelock: ReturnType<typeof createWalletClient>,
  calls: readonly Hex[],
  { hub }: Deployment,
): Promise<void> {
  const hashes: Hex[] = [];
  for (const data of calls) {
    hashes.push(await timelock.sendTransaction({ to: hub, data, account: timelock.account!, chain: null }));
  }
  for (const hash of hashes) {
    const { status } = await reader.waitForTransactionReceipt({ hash, pollingInterval: POLL_MS });
    if (status !== 'success') throw new Error(`the hub refused to list in ${hash}`);
  }
}
