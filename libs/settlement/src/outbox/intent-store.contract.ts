import type { IntentStore } from './intent-store.js';
import { newTransaction, type Attempt, type Lane, type OutboxTransaction } from './intent.js';

/** A store under test. */
export interface IntentStoreFixture {
  store: IntentStore<never>;
  /** The same state as another process sees it; the same object where only one process may. */
  peer: IntentStore<never>;
  destroy(): Promise<void>;
}

const lane: Lane = { chainId: 31_337n, account: `0x${'aa'.repeat(20)}` };
const otherLane: Lane = { chainId: 1n, account: lane.account };
const MAX = 2n ** 256n - 1n;

function row(key: string, change: Partial<OutboxTransaction> = {}): OutboxTransaction {
  const call = { to: `0x${'bb'.repeat(20)}`, data: '0x1234', value: MAX } as const;
  return { ...newTransaction({ key, call, notAfterMs: 9_000 }, lane, 1_000), ...change };
}

function attempt(nonce: number): Attempt {
  return {
    kind: 'call',
    nonce,
    hash: `0x${nonce.toString(16).padStart(64, '0')}`,
    raw: '0x02ff',
    maxFeePerGas: MAX,
    maxPriorityFeePerGas: 7n,
    block: 5n,
    signedAtMs: 1_500,
    answer: 'taken',
  };
}

/** A row as it is once it is signed. */
function signed(key: string, nonce: number): Partial<OutboxTransaction> {
  return { key, state: 'sent', nonce, gas: 21_000n, attempts: [attempt(nonce)] };
}

/** The behaviour that every store of intents shares; call it in a spec of each implementation. */
export function describeIntentStore(name: string, make: () => Promise<IntentStoreFixture>): void {
  describe(`${name} as an IntentStore`, () => {
    let at: IntentStoreFixture;
    beforeEach(async () => {
      at = await make();
    });
    afterEach(() => at.destroy());

    const keys = (rows: OutboxTransaction[]) => rows.map(({ key }) => key);

    it('keeps every member of a row', async () => {
      const whole = row('a', {
        ...signed('a', 3),
        state: 'mined',
        transaction: `0x${'01'.repeat(32)}`,
        blockNumber: 12n,
        blockHash: `0x${'02'.repeat(32)}`,
        status: 'reverted',
        reason: 'TooEarly(5)',
        failures: 2,
        dueAtMs: 1_100,
        changedAtMs: 1_200,
      });
      await at.store.insert(whole);
      expect(await at.peer.find('a')).toEqual(whole);
    });

    it('knows nothing of strangers', async () => {
      expect(await at.store.find('a')).toBeNull();
      expect(await at.store.holder(lane, 0)).toBeNull();
      expect(await at.store.lastNonce(lane)).toBeNull();
      expect(await at.store.inFlight(lane)).toEqual([]);
    });

    it('keeps the first of a key, however many come at once', async () => {
      const call = (n: number) => ({ to: lane.account, data: '0x', value: BigInt(n) }) as const;
      const answers = await Promise.all([1, 2, 3, 4].map((n) => at.store.insert(row('a', { call: call(n) }))));
      expect(answers.filter(Boolean)).toHaveLength(1);
      const kept = await at.store.find('a');
      expect(await at.peer.insert(row('a', { call: call(9) }))).toBe(false);
      expect(await at.store.find('a')).toEqual(kept);
    });

    it('gives out what is queued and due, oldest first, to its lane only', async () => {
      await at.store.insert(row('b', { queuedAtMs: 2 }));
      await at.store.insert(row('c', { queuedAtMs: 1 }));
      await at.store.insert(row('late', { dueAtMs: 1_001 }));
      await at.store.insert(row('other', otherLane));
      await at.store.insert(row('sent', signed('sent', 0)));
      expect(keys(await at.store.queued(lane, 1_000, 10))).toEqual(['c', 'b']);
      expect(keys(await at.store.queued(lane, 1_000, 1))).toEqual(['c']);
      expect(keys(await at.store.queued(lane, 1_001, 10))).toEqual(['c', 'b', 'late']);
    });

    it('lists what is in flight by rising nonce, and the settled no more', async () => {
      for (const nonce of [10, 9, 2]) await at.store.insert(row(`n${nonce}`, signed(`n${nonce}`, nonce)));
      expect(keys(await at.store.inFlight(lane))).toEqual(['n2', 'n9', 'n10']);
      await at.store.update({ ...(await at.store.find('n2'))!, state: 'final' });
      await at.store.update({ ...(await at.store.find('n9'))!, state: 'mined' });
      expect(keys(await at.store.inFlight(lane))).toEqual(['n9', 'n10']);
      expect(await at.store.lastNonce(lane)).toBe(10);
      expect((await at.store.holder(lane, 2))?.key).toBe('n2');
      expect(await at.store.lastNonce(otherLane)).toBeNull();
    });

    it('lets one of two changes of the same row through', async () => {
      await at.store.insert(row('a'));
      const [mine, theirs] = [await at.store.find('a'), await at.peer.find('a')];
      const changed = await at.store.update({ ...mine!, reason: 'first' });
      expect(changed.version).toBeGreaterThan(mine!.version);
      await expect(at.peer.update({ ...theirs!, reason: 'second' })).rejects.toThrow('changed meanwhile');
      expect((await at.store.find('a'))!.reason).toBe('first');
      await at.peer.update({ ...changed, reason: 'third' });
    });

    it('gives a nonce to one row only, and frees it', async () => {
      await at.store.insert(row('a'));
      await at.store.insert(row('b'));
      const a = await at.store.update({ ...(await at.store.find('a'))!, ...signed('a', 4) });
      const b = (await at.peer.find('b'))!;
      await expect(at.peer.update({ ...b, ...signed('b', 4) })).rejects.toThrow();
      expect((await at.peer.find('b'))!.state).toBe('queued');
      await at.store.update({ ...a, state: 'queued', nonce: null });
      expect(await at.store.lastNonce(lane)).toBeNull();
      await at.peer.update({ ...b, ...signed('b', 4) });
      expect((await at.store.holder(lane, 4))?.key).toBe('b');
    });

    it('lets one work on a lane at a time', async () => {
      let end = () => undefined as void;
      let begun = () => undefined as void;
      const hasBegun = new Promise<void>((resolve) => (begun = resolve));
      const work = () => new Promise<string>((resolve) => ((end = () => resolve('first')), begun()));
      const first = at.store.alone(lane, work);
      await hasBegun;
      const second = await retry(() => at.peer.alone(lane, () => Promise.resolve('second')));
      expect(await at.peer.alone(otherLane, () => Promise.resolve('other'))).toBe('other');
      end();
      expect([await first, second]).toEqual(['first', undefined]);
      expect(await at.peer.alone(lane, () => Promise.resolve('third'))).toBe('third');
    });

    it('frees the lane when the work fails', async () => {
      await expect(at.store.alone(lane, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
      expect(await at.peer.alone(lane, () => Promise.resolve('next'))).toBe('next');
    });
  });
}

/** The first may not have the lock yet when the second asks for it. */
async function retry<T>(ask: () => Promise<T | undefined>): Promise<T | undefined> {
  for (let n = 0; n < 50; n++) if ((await ask()) === undefined) return undefined;
  return ask();
}
