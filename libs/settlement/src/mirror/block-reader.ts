import type { Hex } from '@odf/protocol';
import { BlockNotFoundError, type GetLogsReturnType, type PublicClient } from 'viem';
import type { RawEvent } from './contract-events.js';
import type { MirrorBlock } from './mirror-store.js';

/** A block with its time, Unix seconds. */
export interface ChainBlock extends MirrorBlock {
  timestamp: bigint;
}

/** Blocks in a row and the events in them, as of one chain. */
export interface ReadBlocks {
  /** Near the head every block, else the last one of the range. */
  blocks: MirrorBlock[];
  events: RawEvent[];
}

/** The chain changed while it was read, or nodes behind one address disagree; reading again helps. */
export class ChainMoved extends Error {
  override readonly name = 'ChainMoved';
}

type Logs = GetLogsReturnType;

/** Reads blocks and events so that what it gives is of one chain, whatever the node does meanwhile. */
export class BlockReader {
  constructor(
    private readonly client: PublicClient,
    private readonly addresses: Hex[],
  ) {}

  /** The newest block. */
  async head(): Promise<ChainBlock> {
    return chainBlock(await this.client.getBlock({ blockTag: 'latest' }));
  }

  /** The block of that number, or null where the chain is shorter. */
  async at(blockNumber: bigint): Promise<ChainBlock | null> {
    try {
      return chainBlock(await this.client.getBlock({ blockNumber }));
    } catch (error) {
      if (error instanceof BlockNotFoundError) return null;
      throw error;
    }
  }

  /**
   * Every block from `from` to `to` with its events: each block's by its hash, so that they cannot be another one's.
   *
   * @param parent hash of the block before `from`, null where that is unknown.
   * @throws {ChainMoved}
   */
  async each(from: bigint, to: bigint, parent: Hex | null): Promise<ReadBlocks> {
    const numbers = Array.from({ length: Number(to - from) + 1 }, (_, index) => from + BigInt(index));
    const blocks = await Promise.all(numbers.map((number) => this.#expect(number)));
    blocks.forEach((block, index) => {
      const before = blocks[index - 1]?.hash ?? parent;
      if (before !== null && block.parent !== before) throw new ChainMoved(`block ${block.number} has another parent`);
    });
    const logs = await Promise.all(blocks.map(({ hash }) => this.#logsOf(hash)));
    const events = blocks.flatMap((block, index) => logs[index]!.map((log) => eventOf(log, block.timestamp)));
    return { blocks: blocks.map(bare), events };
  }

  /**
   * The events from `from` to `to`, and the last block alone: for what is too old to be reorganised.
   *
   * @throws {ChainMoved}
   */
  async range(from: bigint, to: bigint): Promise<ReadBlocks> {
    const last = await this.#expect(to);
    const logs = await this.client.getLogs({ address: this.addresses, fromBlock: from, toBlock: to });
    const after = await this.#expect(to);
    if (after.hash !== last.hash) throw new ChainMoved(`block ${to} was replaced`);
    const times = await this.#timesOf(logs);
    const events = inOrder(logs).map((log) => eventOf(log, times.get(log.blockHash)!));
    return { blocks: [bare(last)], events };
  }

  async #timesOf(logs: Logs): Promise<Map<Hex, bigint>> {
    const hashes = [...new Set(logs.map(({ blockHash }) => blockHash))];
    const blocks = await Promise.all(hashes.map((blockHash) => this.client.getBlock({ blockHash })));
    return new Map(blocks.map(({ hash, timestamp }) => [hash, timestamp]));
  }

  async #logsOf(blockHash: Hex): Promise<Logs> {
    return inOrder(await this.client.getLogs({ address: this.addresses, blockHash }));
  }

  async #expect(number: bigint): Promise<ChainBlock> {
    const block = await this.at(number);
    if (!block) throw new ChainMoved(`block ${number} is gone`);
    return block;
  }
}

function chainBlock({
  number,
  hash,
  parentHash,
  timestamp,
}: Awaited<ReturnType<PublicClient['getBlock']>>): ChainBlock {
  return { number: number!, hash: hash!, parent: parentHash, timestamp };
}

function bare({ number, hash, parent }: ChainBlock): MirrorBlock {
  return { number, hash, parent };
}

function inOrder(logs: Logs): Logs {
  return logs.toSorted((a, b) => Number(a.blockNumber - b.blockNumber) || a.logIndex - b.logIndex);
}

function eventOf(log: Logs[number], at: bigint): RawEvent {
  return {
    address: log.address.toLowerCase() as Hex,
    transaction: log.transactionHash,
    block_number: log.blockNumber,
    at,
    topics: log.topics,
    data: log.data,
  };
}
