import type { Hex } from '@odf/protocol';
import { encodeFunctionData, type Account, type PublicClient, type WalletClient } from 'viem';
import { foundry } from 'viem/chains';
import type { Sender } from '../src/chain/create-in-order.js';
import { deployOdf } from '../src/chain/deploy-odf.js';
import type { Deployment } from '../src/chain/deployment.js';
import { odfHubAbi as abi } from '../src/contracts/index.js';

/** What a registration and a claim post on the test deployment, wei. */
export const TEST_BOND = 10n ** 16n;

/** The one AVS that the test hub lists, with who proves and who attributes slashes on it; it accepts responses itself. */
export interface TestAvs {
  avs: Hex;
  operatorSetId: number;
  oracle: Hex;
  attributor: Hex;
}

/** Deploys the contracts behind a hub whose timelock is the deployer, and lists an AVS. */
export async function deployContracts(
  reader: PublicClient,
  wallet: WalletClient,
  deployer: Account,
  testAvs: TestAvs,
): Promise<Deployment> {
  const other = (digit: string): Hex => `0x${digit.repeat(40)}`;
  const roles = { timelock: deployer.address, guardian: deployer.address, resolver: other('1'), veto: other('2') };
  const sender = { ...wallet, account: deployer } as Sender;
  const deployment = await deployOdf(reader, sender, { roles, registrationBond: TEST_BOND, claimBond: TEST_BOND });
  for (const data of listing(testAvs)) {
    const hash = await wallet.sendTransaction({ to: deployment.hub, data, account: deployer, chain: foundry });
    const { status } = await reader.waitForTransactionReceipt({ hash, pollingInterval: 10 });
    if (status !== 'success') throw new Error(`${hash} reverted`);
  }
  return deployment;
}

/** Calls of the hub that list an AVS and allow who proves and attributes slashes on it. */
function listing({ avs, operatorSetId, oracle, attributor }: TestAvs): Hex[] {
  const terms = { listed: true, avs, operatorSetId, acceptance: avs, vetoSeconds: 0n, challengeSeconds: 0n };
  return [
    encodeFunctionData({ abi, functionName: 'setAvsTerms', args: [terms] }),
    ...[oracle, attributor].map((one) => encodeFunctionData({ abi, functionName: 'allowOracle', args: [one, true] })),
  ];
}
