import type { Hex } from '@odf/protocol';
import { parseAbi, type PublicClient } from 'viem';
import type { Membership } from '../settlement.js';
import type { MembershipSource } from './chain-settlement.js';

/** Read here and nowhere else: own declaration, selectors as EigenLayer deployed them. */
export const allocationManagerAbi = parseAbi([
  'struct OperatorSet { address avs; uint32 id; }',
  'function isMemberOfOperatorSet(address operator, OperatorSet operatorSet) view returns (bool)',
  'function getStrategiesInOperatorSet(OperatorSet operatorSet) view returns (address[])',
  'function getMinimumSlashableStake(OperatorSet operatorSet, address[] operators, address[] strategies, uint32 futureBlock) view returns (uint256[][])',
]);

const strategyAbi = parseAbi(['function sharesToUnderlyingView(uint256 shares) view returns (uint256)']);

/** EigenLayer's name for staked ETH of the beacon chain: no contract, a share is a wei. */
const BEACON_CHAIN_ETH: Hex = '0xbeac0eeeeeeeeeeeeeeeeeeeeeeeeeeeeeebeac0';

/** An AVS whose operator set an AllocationManager keeps. */
export interface AllocatedAvs {
  avs_id: Hex;
  allocationManager: Hex;
  avs: Hex;
  operatorSetId: number;
}

/** Reads operator sets and slashable stake from EigenLayer's AllocationManager; an answer holds for a block. */
export class AllocationManagerMembership implements MembershipSource {
  readonly #avss: ReadonlyMap<Hex, AllocatedAvs>;
  /** Per AVS and operator as of `#asOf`: the stake in wei, or null for a stranger. */
  readonly #stakes = new Map<string, Promise<bigint | null>>();
  #asOf: bigint | undefined;

  /** @param block the newest block that is known, without asking the node. */
  constructor(
    private readonly client: PublicClient,
    avss: readonly AllocatedAvs[],
    private readonly block: () => bigint | null,
  ) {
    this.#avss = new Map(avss.map((avs) => [avs.avs_id, avs]));
  }

  async membership(avsId: Hex, operator: Hex, slashableWei: bigint): Promise<Membership> {
    const avs = this.#avss.get(avsId);
    if (!avs) return { live: false, reason: 'The relay knows no AllocationManager of this AVS.' };
    const stake = await this.#stakeOf(avs, operator);
    if (stake === null) return { live: false, reason: `${operator} is not in the operator set.` };
    if (stake >= slashableWei) return { live: true };
    return { live: false, reason: `Slashable stake ${stake} wei is below ${slashableWei} wei.` };
  }

  #stakeOf(avs: AllocatedAvs, operator: Hex): Promise<bigint | null> {
    const block = this.block() ?? undefined;
    if (block !== this.#asOf) this.#stakes.clear();
    this.#asOf = block;
    const key = avs.avs_id + operator;
    const known = this.#stakes.get(key);
    if (known) return known;
    const asked = this.#ask(avs, operator);
    this.#stakes.set(key, asked);
    // A failed answer is no answer: the next one asks again.
    asked.catch(() => this.#stakes.delete(key));
    return asked;
  }

  async #ask(
    { allocationManager: address, avs, operatorSetId: id }: AllocatedAvs,
    operator: Hex,
  ): Promise<bigint | null> {
    const at = { abi: allocationManagerAbi, address } as const;
    const set = { avs, id };
    const [isMember, strategies, now] = await Promise.all([
      this.client.readContract({ ...at, functionName: 'isMemberOfOperatorSet', args: [operator, set] }),
      this.client.readContract({ ...at, functionName: 'getStrategiesInOperatorSet', args: [set] }),
      this.client.getBlockNumber({ cacheTime: 0 }),
    ]);
    if (!isMember) return null;
    const args = [set, [operator], strategies, Number(now)] as const;
    const [shares = []] = await this.client.readContract({ ...at, functionName: 'getMinimumSlashableStake', args });
    const wei = await Promise.all(strategies.map((strategy, index) => this.#weiOf(strategy, shares[index] ?? 0n)));
    return wei.reduce((sum, each) => sum + each, 0n);
  }

  /** The strategies of one set are of ETH or its derivatives: their underlyings are summed as wei. */
  async #weiOf(strategy: Hex, shares: bigint): Promise<bigint> {
    if (shares === 0n || strategy.toLowerCase() === BEACON_CHAIN_ETH) return shares;
    const args = [shares] as const;
    return this.client.readContract({
      abi: strategyAbi,
      address: strategy,
      functionName: 'sharesToUnderlyingView',
      args,
    });
  }
}
