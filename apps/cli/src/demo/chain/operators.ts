import type { Hex } from '@odf/protocol';
import {
  BEACON_STRATEGY,
  daAvs,
  feeEscrowAbi,
  mockAllocationManagerAbi,
  mockDelegationManagerAbi,
  type ChainCall,
} from '@odf/settlement';
import { encodeFunctionData, type Abi } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { SLASHABLE_WEI, type DemoValidator } from '../fleet.js';
import type { Ground } from './ground.js';

const ETHER = 10n ** 18n;
/** For gas, and for what an operator puts into its escrow. */
const POCKET_WEI = 100n * ETHER;
/** The whole magnitude of a strategy. */
const WAD = ETHER;

/** Makes every operator a member of the AVS's operator set with all its stake allocated, and fills its fee escrow; once. */
export async function enlist(ground: Ground, validators: readonly DemoValidator[]): Promise<void> {
  await Promise.all(validators.map((validator) => enlistOne(ground, validator)));
}

async function enlistOne(ground: Ground, validator: DemoValidator): Promise<void> {
  const { operator } = validator;
  const { client, deployment } = ground;
  const operatorSet = { avs: daAvs.taskManager, id: daAvs.operatorSetId };
  const isMember = await client.readContract({
    abi: mockAllocationManagerAbi,
    address: daAvs.allocationManager,
    functionName: 'isMemberOfOperatorSet',
    args: [operator, operatorSet],
  });
  if (isMember) return;
  await ground.fund(operator, POCKET_WEI);
  const joined = { avs: daAvs.taskManager, operatorSetIds: [daAvs.operatorSetId], data: '0x' };
  const allocation = { operatorSet, strategies: [BEACON_STRATEGY], newMagnitudes: [WAD] };
  const allocate = (functionName: string, args: readonly unknown[]) =>
    callOf(mockAllocationManagerAbi, daAvs.allocationManager, functionName, args);
  await ground.send(
    privateKeyToAccount(validator.operatorSecret),
    callOf(mockDelegationManagerAbi, daAvs.delegationManager, 'stake', [BEACON_STRATEGY, SLASHABLE_WEI]),
    callOf(feeEscrowAbi, deployment.escrow, 'deposit', [operator], validator.role.escrowWei),
    allocate('registerForOperatorSets', [operator, joined]),
    allocate('modifyAllocations', [operator, [allocation]]),
  );
}

function callOf(abi: Abi, to: Hex, functionName: string, args: readonly unknown[], value = 0n): ChainCall {
  return { to, data: encodeFunctionData({ abi, functionName, args }), value };
}
