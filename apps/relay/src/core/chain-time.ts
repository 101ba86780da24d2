import { Inject, Injectable } from '@nestjs/common';
import type { Hex } from '@odf/protocol';
import { odfHubAbi } from '@odf/settlement';
import { RELAY_CHAIN } from '../relay.tokens.js';
import { type RelayChain } from './relay-chain.js';

/** Where a transaction is in the chain: its block and the block's time, Unix ms. */
export interface MinedAt {
  blockNumber: bigint;
  atMs: number;
}

/** Time as the contracts measure their windows by it: that of blocks; Unix ms. */
@Injectable()
export class ChainTime {
  constructor(@Inject(RELAY_CHAIN) private readonly chain: RelayChain | null) {}

  /** The time of the newest block. */
  async nowMs(): Promise<number> {
    return timeOf(await this.#chain().client.getBlock({ blockTag: 'latest' }));
  }

  /** Where a transaction is in the chain. */
  async minedAt(transaction: Hex): Promise<MinedAt> {
    const { client } = this.#chain();
    const { blockNumber, blockHash } = await client.getTransactionReceipt({ hash: transaction });
    return { blockNumber, atMs: timeOf(await client.getBlock({ blockHash })) };
  }

  /** By how much pauses of the hub have extended a window that began at a moment, ms. */
  async pausedMsSince(atMs: number): Promise<number> {
    const { client, deployment } = this.#chain();
    const call = { abi: odfHubAbi, address: deployment.hub, functionName: 'pausedSecondsSince' } as const;
    return Number(await client.readContract({ ...call, args: [BigInt(Math.floor(atMs / 1_000))] })) * 1_000;
  }

  #chain(): RelayChain {
    if (!this.chain) throw new Error('the settlement is in memory: no chain has a time');
    return this.chain;
  }
}

const timeOf = ({ timestamp }: { timestamp: bigint }): number => Number(timestamp) * 1_000;
