import { type Hex } from '@odf/protocol';
import type { PublicClient } from 'viem';
import { allocationManagerAbi } from './task-manager-abi.js';

/** An operator's place in an operator set at one block. */
export interface Membership {
  member: boolean;
  /** What a slash can reach, by strategy in its shares; 0 for whom is no member. */
  slashable: ReadonlyMap<Hex, bigint>;
  /** Of all strategies together: wei only where each is ETH one to one. */
  slashableShares: bigint;
}

/** Whom to look up, and where; block unset: the newest. */
export interface MembershipQuery {
  allocationManager: Hex;
  avs: Hex;
  operatorSetId: number;
  operator: Hex;
  blockNumber?: bigint;
}

/** Reads from EigenLayer's AllocationManager whether an operator is in a set, and what of its stake could be slashed at a block. */
export async function membershipAt(client: PublicClient, query: MembershipQuery): Promise<Membership> {
  const { allocationManager: address, avs, operatorSetId: id, operator } = query;
  const blockNumber = query.blockNumber ?? (await client.getBlockNumber({ cacheTime: 0 }));
  const read = { address, abi: allocationManagerAbi, blockNumber } as const;
  const set = { avs, id };
  const member = await client.readContract({ ...read, functionName: 'isMemberOfOperatorSet', args: [operator, set] });
  if (!member) return { member, slashable: new Map(), slashableShares: 0n };
  const strategies = await client.readContract({ ...read, functionName: 'getStrategiesInOperatorSet', args: [set] });
  const [shares] = await client.readContract({
    ...read,
    functionName: 'getMinimumSlashableStake',
    args: [set, [operator], strategies, Number(blockNumber)],
  });
  const slashable = new Map(strategies.map((strategy, at) => [strategy.toLowerCase() as Hex, shares?.[at] ?? 0n]));
  return { member, slashable, slashableShares: [...slashable.values()].reduce((sum, each) => sum + each, 0n) };
}
