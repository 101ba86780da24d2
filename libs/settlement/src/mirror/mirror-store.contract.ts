import type { Hex } from '@odf/protocol';
import type { MirrorBlock, MirrorRow, MirrorStore } from './mirror-store.js';

const hashOf = (number: number, fork = 0): Hex => `0x${(fork * 1_000 + number).toString(16).padStart(64, '0')}`;
const block = (number: number, fork = 0): MirrorBlock => ({
  number: BigInt(number),
  hash: hashOf(number, fork),
  parent: hashOf(Math.abs(number - 1), fork),
});
const id = (number: number): Hex => `0x${number.toString(16).padStart(40, '0')}`;
const group = id(0xff);
const row = (subject: number, at: number, value: number): MirrorRow => ({
  kind: 'line',
  id: id(subject),
  group,
  block_number: BigInt(at),
  state: { value, wei: `${value}n`, list: [value] },
});
const valueOf = (state: unknown): number | null => (state as { value: number } | null)?.value ?? null;

/** The behaviour that every mirror store shares; call it in a spec of each implementation. */
export function describeMirrorStore(name: string, make: () => Promise<MirrorStore>): void {
  describe(`${name} as a MirrorStore`, () => {
    let store: MirrorStore;
    beforeEach(async () => {
      store = await make();
      await store.open('31337:0xa');
    });

    const found = async (depth = 0n) =>
      (await store.find('line', { group }, depth)).map(({ id: subject, head, confirmed }) => [
        Number(subject),
        valueOf(head),
        valueOf(confirmed),
      ]);

    it('is empty at first', async () => {
      expect(await store.tip()).toBeNull();
      expect(await store.blocks()).toEqual([]);
      expect(await found()).toEqual([]);
    });

    it('gives the newest state and the confirmed one, in the order of first appearance', async () => {
      await store.advance(null, [block(1), block(2)], [row(9, 1, 10), row(3, 2, 20)], 0n);
      await store.advance(hashOf(2), [block(3)], [row(9, 3, 30)], 0n);
      expect(await found()).toEqual([
        [9, 30, 30],
        [3, 20, 20],
      ]);
      expect(await found(1n)).toEqual([
        [9, 30, 10],
        [3, 20, 20],
      ]);
      expect(await found(2n)).toEqual([
        [9, 30, 10],
        [3, 20, null],
      ]);
      expect((await found(3n)).map(([, , confirmed]) => confirmed)).toEqual([null, null]);
    });

    it('finds by id, each once, and nothing of another kind, id or group', async () => {
      await store.advance(null, [block(1)], [row(1, 1, 5), row(2, 1, 6)], 0n);
      const [view, ...rest] = await store.find('line', { ids: [id(2), id(2), id(7)] }, 0n);
      const state = { value: 6, wei: '6n', list: [6] };
      expect(view).toEqual({ id: id(2), group, block_number: 1n, head: state, confirmed: state });
      expect(rest).toEqual([]);
      expect(await store.find('claim', { ids: [id(2)] }, 0n)).toEqual([]);
      expect(await store.find('line', { group: id(1) }, 0n)).toEqual([]);
    });

    it('goes on from the tip that the writer saw and from no other', async () => {
      expect(await store.advance(hashOf(1), [block(2)], [], 0n)).toBe(false);
      expect(await store.advance(null, [block(1)], [row(1, 1, 5)], 0n)).toBe(true);
      expect(await store.advance(null, [block(1)], [row(1, 1, 6)], 0n)).toBe(false);
      expect(await store.rollback(hashOf(1, 7), 0n)).toBe(false);
      expect(await found()).toEqual([[1, 5, 5]]);
    });

    it('lets one of many writers win', async () => {
      const writes = Array.from({ length: 5 }, (_, value) => store.advance(null, [block(1)], [row(1, 1, value)], 0n));
      expect((await Promise.all(writes)).filter(Boolean)).toHaveLength(1);
      expect(await store.blocks()).toHaveLength(1);
    });

    it('forgets what dropped blocks changed, and takes those that replace them', async () => {
      await store.advance(null, [block(1), block(2), block(3)], [row(1, 1, 5), row(1, 3, 6), row(2, 3, 7)], 0n);
      expect(await store.rollback(hashOf(3), 1n)).toBe(true);
      expect(await store.tip()).toEqual(block(1));
      expect(await found()).toEqual([[1, 5, 5]]);
      await store.advance(hashOf(1), [{ ...block(2, 1), parent: hashOf(1) }], [row(2, 2, 8)], 0n);
      expect(await found()).toEqual([
        [1, 5, 5],
        [2, 8, 8],
      ]);
    });

    it('drops everything', async () => {
      await store.advance(null, [block(0), block(1)], [row(1, 0, 5)], 0n);
      expect(await store.rollback(hashOf(1), null)).toBe(true);
      expect(await store.tip()).toBeNull();
      expect(await found()).toEqual([]);
    });

    it('keeps blocks near the head only, the newest always, and all states', async () => {
      await store.advance(null, [block(1), block(2)], [row(1, 1, 5)], 0n);
      await store.advance(hashOf(2), [block(3)], [], 3n);
      expect(await store.blocks()).toEqual([block(3)]);
      await store.advance(hashOf(3), [block(4)], [], 100n);
      expect(await store.blocks()).toEqual([block(4)]);
      expect(await found()).toEqual([[1, 5, 5]]);
    });

    it('is the same when it is opened again, and empty when it is opened on another settlement', async () => {
      await store.advance(null, [block(1)], [row(1, 1, 5)], 0n);
      await store.open('31337:0xa');
      expect(await found()).toEqual([[1, 5, 5]]);
      await store.open('1:0xa');
      expect(await store.tip()).toBeNull();
      expect(await found()).toEqual([]);
    });
  });
}
