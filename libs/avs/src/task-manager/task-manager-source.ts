import { type Hex } from '@odf/protocol';
import { BlockNotFoundError, type PublicClient } from 'viem';
import { advanced, cursorAt, rolledBack, type BlockMark, type ChainCursor } from './chain-cursor.js';
import { type TaskEvent } from './task-event.js';
import { taskEvent, taskLogs } from './task-log.js';

/** How a task manager is followed. */
export interface TaskManagerSourceOptions {
  client: PublicClient;
  /** The contract that emits. */
  address: Hex;
  /** The first block that can hold an event: that of the contract's deployment. */
  startBlock: bigint;
  /** Blocks that a block must count, itself included, before it is looked at; at least 1. */
  confirmations: number;
  /** Most blocks of one request; default 1,000. */
  blocksPerPoll?: number;
}

/** What a poll found, and the cursor to go on from; both belong into one transaction. */
export interface Polled {
  events: TaskEvent[];
  cursor: ChainCursor;
  /** Confirmed blocks that are left to follow. */
  behind: bigint;
}

type Block = BlockMark & { atMs: number };

/** The chain changed while it was read; a poll from the same cursor gives the right answer. */
export class ChainChangedError extends Error {
  override readonly name = 'ChainChangedError';
}

/** Follows a task manager's events through reorganisations and restarts; holds no state: the cursor is the caller's. */
export class TaskManagerSource {
  constructor(private readonly options: TaskManagerSourceOptions) {}

  /**
   * Looks at the next blocks from `cursor`, or from the start.
   *
   * Each event comes exactly once per block that the chain keeps: a reorganisation is told by `orphaned` before what replaces it.
   *
   * @throws {ChainChangedError} when the chain changed meanwhile; viem's errors when the RPC does not answer. Poll again then.
   */
  async poll(cursor: ChainCursor | null): Promise<Polled> {
    const from = cursor ?? cursorAt(this.options.startBlock);
    const last = (await this.options.client.getBlockNumber({ cacheTime: 0 })) - BigInt(this.options.confirmations) + 1n;
    const newest = from.marks.at(-1);
    // A node that lags behind what was seen elsewhere proves nothing about the blocks that it does not have yet.
    if (newest && last < newest.number) return { events: [], cursor: from, behind: 0n };
    if (newest && !(await this.#has(newest))) return this.#rollBack(from, last);
    if (last < from.next) return { events: [], cursor: from, behind: 0n };
    return this.#follow(from, last);
  }

  async #follow(cursor: ChainCursor, last: bigint): Promise<Polled> {
    const { blocksPerPoll = 1_000 } = this.options;
    const end = cursor.next + BigInt(blocksPerPoll) - 1n;
    const to = await this.#block(end < last ? end : last);
    const events = await this.#events(cursor.next, to);
    const newest = cursor.marks.at(-1);
    const same = (await this.#has(to)) && (!newest || (await this.#has(newest)));
    if (!same) throw new ChainChangedError(`the chain changed while block ${to.number} was read`);
    return { events, cursor: advanced(cursor, to), behind: last - to.number };
  }

  async #events(fromBlock: bigint, to: Block): Promise<TaskEvent[]> {
    const { client, address } = this.options;
    const logs = await client.getLogs({ address, events: taskLogs, strict: true, fromBlock, toBlock: to.number });
    const times = new Map<bigint, number>([[to.number, to.atMs]]);
    const events: TaskEvent[] = [];
    for (const log of logs) {
      const atMs = times.get(log.blockNumber) ?? (await this.#block(log.blockNumber)).atMs;
      times.set(log.blockNumber, atMs);
      events.push(await taskEvent(client, log, atMs));
    }
    return events;
  }

  /** Goes back to the newest block that is still there. */
  async #rollBack(cursor: ChainCursor, last: bigint): Promise<Polled> {
    let kept: Block | null = null;
    for (const mark of cursor.marks.toReversed()) {
      const block = await this.#block(mark.number);
      if (block.hash !== mark.hash) continue;
      kept = block;
      break;
    }
    const back = rolledBack(cursor, kept, this.options.startBlock);
    return { events: [{ kind: 'orphaned', fromBlock: back.next }], cursor: back, behind: last - back.next + 1n };
  }

  async #has(mark: BlockMark): Promise<boolean> {
    return (await this.#block(mark.number)).hash === mark.hash;
  }

  async #block(blockNumber: bigint): Promise<Block> {
    try {
      const { number, hash, timestamp } = await this.options.client.getBlock({ blockNumber });
      return { number, hash, atMs: Number(timestamp) * 1_000 };
    } catch (error) {
      if (error instanceof BlockNotFoundError) throw new ChainChangedError(`block ${blockNumber} is gone`);
      throw error;
    }
  }
}
