import type { Hex } from '@odf/protocol';
import { createPublicClient, createWalletClient, getContractAddress, http } from 'viem';
import { addressesOf, createInOrder } from '../chain/create-in-order.js';
import type { Deployment } from '../chain/deployment.js';
import {
  daTaskManagerAbi,
  daTaskManagerBytecode,
  mockAllocationManagerAbi,
  mockAllocationManagerBytecode,
  receiptOracleAbi,
  receiptOracleBytecode,
} from '../contracts/index.js';
import { devAccount } from './dev-account.js';
import { listAtHub } from './hub-listing.js';

/** EigenLayer's name for staked ETH of the beacon chain. */
export const BEACON_STRATEGY: Hex = '0xbeac0eeeeeeeeeeeeeeeeeeeeeeeeeeeeeebeac0';

const creator = devAccount(5);
const addressOf = addressesOf(creator.address, 0);
const allocationManager = addressOf(0);

/** The data-availability AVS of development chains: always at these addresses, for one account creates it before all else. */
export const daAvs = {
  allocationManager,
  /** The AllocationManager creates it. */
  delegationManager: getContractAddress({ from: allocationManager, nonce: 1n }).toLowerCase() as Hex,
  taskManager: addressOf(1),
  /** The ReceiptOracle that proves its slashes. */
  oracle: addressOf(2),
  operatorSetId: 0,
} as const;

/** How the AVS works; seconds, and the part of an allocation that a slash takes, 1e18 for all. */
export interface DaAvsRules {
  responseSeconds: bigint;
  challengeSeconds: bigint;
  wadToSlash: bigint;
}

/**
 * Brings the data-availability AVS onto a development chain and lists it at the hub; does what is missing when called again.
 *
 * @throws {DeploymentError} when the account that creates it has done something else on this chain.
 */
export async function openDaAvs(rpcUrl: string, deployment: Deployment, rules: DaAvsRules): Promise<void> {
  const transport = http(rpcUrl, { batch: true });
  const reader = createPublicClient({ transport, cacheTime: 0 });
  await createInOrder(reader, createWalletClient({ transport, account: creator }), () => creationsOf(rules), 0);
  const { taskManager, operatorSetId, oracle } = daAvs;
  const { challengeSeconds } = rules;
  const terms = { avs: taskManager, operatorSetId, acceptance: taskManager, vetoSeconds: 0n, challengeSeconds };
  await listAtHub(rpcUrl, deployment, { avss: [terms], oracles: [oracle, taskManager] });
}

function creationsOf({ responseSeconds, challengeSeconds, wadToSlash }: DaAvsRules) {
  const { delegationManager, operatorSetId } = daAvs;
  const times = [responseSeconds, challengeSeconds, wadToSlash];
  return [
    { abi: mockAllocationManagerAbi, bytecode: mockAllocationManagerBytecode, args: [] },
    {
      abi: daTaskManagerAbi,
      bytecode: daTaskManagerBytecode,
      args: [allocationManager, operatorSetId, BEACON_STRATEGY, ...times],
    },
    { abi: receiptOracleAbi, bytecode: receiptOracleBytecode, args: [allocationManager, delegationManager] },
  ];
}
