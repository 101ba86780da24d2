import type { Hex } from '@odf/protocol';
import { MemoryMirrorStore } from './memory-mirror-store.js';
import { MirrorReader } from './mirror-reader.js';
import { stateToJson } from './mirror-states.js';

const id: Hex = `0x${'0b'.repeat(20)}`;
const hashOf = (number: number): Hex => `0x${number.toString(16).padStart(64, '0')}`;

async function mirrored() {
  const store = new MemoryMirrorStore();
  const find = jest.spyOn(store, 'find');
  let tip: Hex | null = null;
  const block = async (number: number, balance: bigint): Promise<void> => {
    const state = stateToJson({ balance, leaving: 0n, ready_at: 0n, paid: 0n });
    const row = { kind: 'escrow', id, group: id, block_number: BigInt(number), state };
    await store.advance(tip, [{ number: BigInt(number), hash: hashOf(number), parent: hashOf(number - 1) }], [row], 0n);
    tip = hashOf(number);
  };
  await block(1, 10n);
  return { store, find, block, reader: new MirrorReader(store, 1, () => tip) };
}

it('asks the store once for what the mirror has not changed', async () => {
  const { reader, find, block } = await mirrored();
  await Promise.all([reader.one('escrow', id), reader.one('escrow', id), reader.newest('escrow', id)]);
  expect(find).toHaveBeenCalledTimes(1);
  await reader.all('escrow', id);
  expect(find).toHaveBeenCalledTimes(2);
  await block(2, 20n);
  expect(await reader.one('escrow', id)).toMatchObject({ head: { balance: 20n }, block_number: 2n });
});

it('gives each caller a state of its own', async () => {
  const { reader } = await mirrored();
  (await reader.one('escrow', id))!.head.balance = 99n;
  expect((await reader.one('escrow', id))!.head.balance).toBe(10n);
});

it('remembers no failure, and nothing without a version', async () => {
  const { reader, store, find } = await mirrored();
  find.mockRejectedValueOnce(new Error('the database is away'));
  await expect(reader.one('escrow', id)).rejects.toThrow('the database is away');
  expect(await reader.one('escrow', id)).not.toBeNull();
  find.mockClear();
  const plain = new MirrorReader(store, 1);
  await plain.one('escrow', id);
  await plain.one('escrow', id);
  expect(find).toHaveBeenCalledTimes(2);
});
