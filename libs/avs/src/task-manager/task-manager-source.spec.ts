import { type Hex } from '@odf/protocol';
import fc from 'fast-check';
import { BlockNotFoundError, type PublicClient } from 'viem';
import { type ChainCursor } from './chain-cursor.js';
import { type TaskEvent } from './task-event.js';
import { ChainChangedError, TaskManagerSource } from './task-manager-source.js';

const hash = (n: number): Hex => `0x${n.toString(16).padStart(64, '0')}`;
const operator: Hex = `0x${'0A'.repeat(20)}`;

/** A chain of blocks that each hold some responses; every block ever made has another hash. */
class FakeChain {
  #made = 0;
  readonly blocks: { hash: Hex; responses: number }[] = [];
  /** Is called before each `eth_getLogs` is answered. */
  beforeLogs: () => void = () => undefined;
  ranges: [bigint, bigint][] = [];

  constructor() {
    this.mine(0);
  }

  mine(responses: number): void {
    this.#made += 1;
    this.blocks.push({ hash: hash(this.#made), responses });
  }

  drop(depth: number): void {
    this.blocks.splice(Math.max(1, this.blocks.length - depth));
  }

  /** Every response of the chain as it is now: block hash and place. */
  all(upTo: number): string[] {
    return this.blocks
      .slice(0, upTo + 1)
      .flatMap((block) => Array.from({ length: block.responses }, (_, at) => `${block.hash}:${at}`));
  }

  readonly client = {
    getBlockNumber: async () => BigInt(this.blocks.length - 1),
    getBlock: async ({ blockNumber }: { blockNumber: bigint }) => {
      const block = this.blocks[Number(blockNumber)];
      if (!block) throw new BlockNotFoundError({ blockNumber });
      return { number: blockNumber, hash: block.hash, timestamp: 1_000n + blockNumber };
    },
    getLogs: async ({ fromBlock, toBlock }: { fromBlock: bigint; toBlock: bigint }) => {
      this.ranges.push([fromBlock, toBlock]);
      this.beforeLogs();
      const logs = [];
      for (let number = Number(fromBlock); number <= Number(toBlock); number++) {
        const block = this.blocks[number];
        for (let at = 0; at < (block?.responses ?? 0); at++) {
          const args = { taskId: block!.hash, operator, responseDigest: hash(at), result: '0x' };
          logs.push({
            eventName: 'TaskResponded',
            args,
            blockNumber: BigInt(number),
            logIndex: at,
            transactionHash: hash(9),
          });
        }
      }
      return logs;
    },
  } as unknown as PublicClient;
}

/** A relay's view: what its events say, and its cursor. */
class Follower {
  cursor: ChainCursor | null = null;
  seen: { block: bigint; id: string }[] = [];
  events: TaskEvent[] = [];

  constructor(readonly source: TaskManagerSource) {}

  async poll(): Promise<bigint> {
    const { events, cursor, behind } = await this.source.poll(this.cursor);
    for (const event of events) this.#take(event);
    this.events.push(...events);
    this.cursor = cursor;
    return behind;
  }

  async catchUp(): Promise<void> {
    for (let before: ChainCursor | null | undefined; before !== this.cursor;) {
      before = this.cursor;
      await this.poll();
    }
  }

  #take(event: TaskEvent): void {
    if (event.kind === 'orphaned') this.seen = this.seen.filter(({ block }) => block < event.fromBlock);
    else
      this.seen.push({
        block: event.blockNumber,
        id: `${event.kind === 'responded' && event.taskId}:${event.logIndex}`,
      });
  }
}

function following(options: Partial<ConstructorParameters<typeof TaskManagerSource>[0]> = {}) {
  const chain = new FakeChain();
  const fixed = { client: chain.client, address: operator, startBlock: 1n, confirmations: 1, ...options };
  const follower = new Follower(new TaskManagerSource(fixed));
  return { chain, follower };
}
const ids = (follower: Follower) => follower.seen.map(({ id }) => id);

describe('TaskManagerSource', () => {
  it('gives what is confirmed, in the time of its block, and waits for the rest', async () => {
    const { chain, follower } = following({ confirmations: 2 });
    chain.mine(1);
    await follower.catchUp();
    expect(follower.events).toEqual([]);
    chain.mine(3);
    await follower.catchUp();
    expect(follower.events).toEqual([
      {
        kind: 'responded',
        taskId: chain.blocks[1]!.hash,
        operator: operator.toLowerCase(),
        responseDigest: hash(0),
        result: '0x',
        transaction: hash(9),
        blockNumber: 1n,
        logIndex: 0,
        atMs: 1_001_000,
      },
    ]);
    expect(follower.cursor).toMatchObject({ next: 2n, followedMs: 1_001_000 });
  });

  it('asks for bounded ranges from the start block on', async () => {
    const { chain, follower } = following({ startBlock: 3n, blocksPerPoll: 4 });
    for (let block = 1; block <= 12; block++) chain.mine(1);
    expect(await follower.poll()).toBe(6n);
    await follower.catchUp();
    expect(chain.ranges).toEqual([
      [3n, 6n],
      [7n, 10n],
      [11n, 12n],
    ]);
    expect(ids(follower)).toEqual(chain.all(12).slice(2));
  });

  it('takes nothing in while the chain changes under it', async () => {
    const { chain, follower } = following();
    for (let block = 1; block <= 3; block++) chain.mine(1);
    chain.beforeLogs = () => {
      chain.drop(2);
      chain.mine(2);
      chain.mine(2);
      chain.beforeLogs = () => undefined;
    };
    await expect(follower.poll()).rejects.toThrow(ChainChangedError);
    expect([follower.cursor, follower.events]).toEqual([null, []]);
    await follower.catchUp();
    expect(ids(follower)).toEqual(chain.all(3));
  });

  it('does not take a node that lags behind for a reorganisation', async () => {
    const { chain, follower } = following();
    for (let block = 1; block <= 3; block++) chain.mine(1);
    await follower.catchUp();
    const kept = chain.blocks.splice(2);
    expect(await follower.poll()).toBe(0n);
    chain.blocks.push(...kept);
    await follower.catchUp();
    expect(follower.events.map(({ kind }) => kind)).toEqual(['responded', 'responded', 'responded']);
  });

  it('begins anew behind a reorganisation deeper than its memory', async () => {
    const { chain, follower } = following({ blocksPerPoll: 5 });
    for (let block = 1; block <= 5; block++) chain.mine(1);
    await follower.catchUp();
    chain.drop(4);
    for (let block = 1; block <= 6; block++) chain.mine(1);
    await follower.poll();
    expect(follower.events.at(-1)).toEqual({ kind: 'orphaned', fromBlock: 1n });
    await follower.catchUp();
    expect(ids(follower)).toEqual(chain.all(7));
  });

  it('gives in the end each event of the chain exactly once, whatever was reorganised between polls', async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('mine' as const), n: fc.integer({ min: 0, max: 2 }) }),
      fc.record({ do: fc.constant('reorg' as const), n: fc.integer({ min: 1, max: 6 }) }),
      fc.record({ do: fc.constant('poll' as const), n: fc.constant(0) }),
    );
    const confirmations = fc.integer({ min: 1, max: 3 });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), confirmations, async (steps, confirmed) => {
        const { chain, follower } = following({ confirmations: confirmed, blocksPerPoll: 3 });
        for (const each of steps) {
          if (each.do === 'mine') chain.mine(each.n);
          else if (each.do === 'poll') await follower.poll();
          else {
            const height = chain.blocks.length;
            chain.drop(each.n);
            while (chain.blocks.length <= height) chain.mine(1);
          }
          expect(new Set(ids(follower)).size).toBe(follower.seen.length);
        }
        await follower.catchUp();
        expect(ids(follower)).toEqual(chain.all(chain.blocks.length - confirmed));
      }),
      { numRuns: 300 },
    );
  });
});
