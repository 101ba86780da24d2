import type { Hex } from '@odf/protocol';
import { createPublicClient, custom, numberToHex } from 'viem';
import { BlockReader, ChainMoved } from './block-reader.js';

const contract: Hex = `0x${'c0'.repeat(20)}`;
const hashOf = (fork: string, number: number): Hex => `0x${fork.repeat(62)}${number.toString(16).padStart(2, '0')}`;

/** A node whose blocks of these numbers are of these forks, each block with one event. */
class FakeNode {
  readonly forks = new Map<number, string>();
  parentOf = (number: number): Hex => hashOf(this.forks.get(number - 1) ?? 'a', number - 1);
  onLogs: () => void = () => undefined;
  readonly reader = new BlockReader(
    createPublicClient({ transport: custom({ request: (asked) => this.#answer(asked) }, { retryCount: 0 }) }),
    [contract],
  );

  constructor(blocks: number) {
    for (let number = 1; number <= blocks; number += 1) this.forks.set(number, 'a');
  }

  async #answer({ method, params }: { method: string; params: [unknown] }): Promise<unknown> {
    if (method === 'eth_getLogs') return this.#logs(params[0] as { fromBlock?: Hex; toBlock?: Hex; blockHash?: Hex });
    const [at] = params as [Hex];
    const number = method === 'eth_getBlockByHash' ? Number(`0x${at.slice(-2)}`) : Number(at);
    if (!this.forks.has(number)) return null;
    const [hash, parentHash] = [hashOf(this.forks.get(number)!, number), this.parentOf(number)];
    return { number: numberToHex(number), hash, parentHash, timestamp: numberToHex(number * 12), transactions: [] };
  }

  #logs({ fromBlock, toBlock, blockHash }: { fromBlock?: Hex; toBlock?: Hex; blockHash?: Hex }): unknown {
    const [from, to] = blockHash
      ? [blockHash, blockHash].map((hash) => Number(`0x${hash.slice(-2)}`))
      : [Number(fromBlock), Number(toBlock)];
    const numbers = [...this.forks.keys()].filter((number) => number >= from! && number <= to!);
    // As nodes may: in no order.
    const logs = numbers.reverse().map((number) => ({
      address: contract,
      blockHash: hashOf(this.forks.get(number)!, number),
      blockNumber: numberToHex(number),
      data: '0x',
      logIndex: '0x0',
      topics: [hashOf('e', number)],
      transactionHash: hashOf('d', number),
      transactionIndex: '0x0',
    }));
    this.onLogs();
    return logs;
  }
}

it.each(['each', 'range'] as const)('gives events in order with the times of their blocks by %s', async (way) => {
  const { reader } = new FakeNode(5);
  const { blocks, events } = await (way === 'each' ? reader.each(2n, 4n, hashOf('a', 1)) : reader.range(2n, 4n));
  expect(events.map(({ block_number, at }) => [block_number, at])).toEqual([
    [2n, 24n],
    [3n, 36n],
    [4n, 48n],
  ]);
  expect(blocks.map(({ number }) => number)).toEqual(way === 'each' ? [2n, 3n, 4n] : [4n]);
  expect(blocks.at(-1)).toEqual({ number: 4n, hash: hashOf('a', 4), parent: hashOf('a', 3) });
});

it('takes no blocks that do not follow each other', async () => {
  const node = new FakeNode(5);
  node.parentOf = (number) => hashOf(number === 3 ? 'b' : 'a', number - 1);
  await expect(node.reader.each(2n, 4n, hashOf('a', 1))).rejects.toThrow(ChainMoved);
});

it('takes no block that does not follow the mirror', async () => {
  const { reader } = new FakeNode(5);
  await expect(reader.each(2n, 4n, hashOf('b', 1))).rejects.toThrow('block 2 has another parent');
  expect((await reader.each(2n, 4n, null)).blocks).toHaveLength(3);
});

it('takes no range whose end was replaced while it was read', async () => {
  const node = new FakeNode(5);
  node.onLogs = () => node.forks.set(4, 'b');
  await expect(node.reader.range(2n, 4n)).rejects.toThrow('block 4 was replaced');
});

it('tells a chain that became too short from one that does not answer', async () => {
  const node = new FakeNode(3);
  expect(await node.reader.at(4n)).toBeNull();
  await expect(node.reader.each(2n, 4n, null)).rejects.toThrow('block 4 is gone');
  node.forks.get = () => {
    throw new Error('the node is away');
  };
  await expect(node.reader.at(2n)).rejects.toThrow('the node is away');
});
