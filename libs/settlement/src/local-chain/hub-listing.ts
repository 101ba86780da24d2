import { avsId, type Hex } from '@odf/protocol';
import { createPublicClient, createWalletClient, encodeFunctionData, http, type PublicClient } from 'viem';
import type { Deployment } from '../chain/deployment.js';
import { odfHubAbi } from '../contracts/index.js';
import { devAccount, TIMELOCK } from './dev-account.js';

const POLL_MS = 50;

/** An AVS as the hub lists it; seconds. */
export interface ListedAvs {
  avs: Hex;
  operatorSetId: number;
  /** Tells accepted responses; the zero address where nobody does. */
  acceptance: Hex;
  vetoSeconds: bigint;
  challengeSeconds: bigint;
}

/** What a hub shall list. */
export interface Listing {
  avss: readonly ListedAvs[];
  /** Who may prove slashes or attribute them. */
  oracles: readonly Hex[];
}

/** Lets the timelock of a local settlement list what the hub does not list yet. */
export async function listAtHub(rpcUrl: string, { hub, chainId }: Deployment, listing: Listing): Promise<void> {
  const transport = http(rpcUrl, { batch: true });
  const reader = createPublicClient({ transport, cacheTime: 0 });
  const timelock = createWalletClient({ transport, account: devAccount(TIMELOCK) });
  const hashes: Hex[] = [];
  for (const data of await missingCalls(reader, hub, chainId, listing)) {
    hashes.push(await timelock.sendTransaction({ to: hub, data, chain: null }));
  }
  for (const hash of hashes) {
    const { status } = await reader.waitForTransactionReceipt({ hash, pollingInterval: POLL_MS });
    if (status !== 'success') throw new Error(`the hub refused to list in ${hash}`);
  }
}

async function missingCalls(
  reader: PublicClient,
  hub: Hex,
  chainId: bigint,
  { avss, oracles }: Listing,
): Promise<Hex[]> {
  const at = { abi: odfHubAbi, address: hub } as const;
  const calls: Hex[] = [];
  for (const oracle of oracles) {
    if (await reader.readContract({ ...at, functionName: 'isOracleAllowed', args: [oracle] })) continue;
    calls.push(encodeFunctionData({ abi: odfHubAbi, functionName: 'allowOracle', args: [oracle, true] }));
  }
  for (const avs of avss) {
    const id = avsId(chainId, avs.avs, avs.operatorSetId);
    if ((await reader.readContract({ ...at, functionName: 'avsTerms', args: [id] })).listed) continue;
    const terms = { ...avs, listed: true };
    calls.push(encodeFunctionData({ abi: odfHubAbi, functionName: 'setAvsTerms', args: [terms] }));
  }
  return calls;
}
