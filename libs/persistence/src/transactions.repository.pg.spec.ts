import { createTestDatabase, type TestDatabase } from '@odf/testing';
import { newTransaction, type IntentStore } from '@odf/settlement';
import { describeIntentStore } from '../../settlement/src/outbox/intent-store.contract.js';
import type { QueryRunnerLike } from './columns.js';
import { inTransaction } from './database.js';
import { TransactionsRepository } from './transactions.repository.js';

jest.setTimeout(60_000);

describeIntentStore('TransactionsRepository', async () => {
  const database = await createTestDatabase();
  const [store, peer] = [await database.connect(), await database.connect()].map(
    (source): IntentStore<QueryRunnerLike> => new TransactionsRepository(source),
  );
  return { store: store!, peer: peer!, destroy: () => database.drop() };
});

describe('TransactionsRepository', () => {
  const call = { to: `0x${'bb'.repeat(20)}`, data: '0x', value: 1n } as const;
  const lane = { chainId: 1n, account: call.to };
  const row = (key: string, nowMs = 5) => newTransaction({ key, call }, lane, nowMs);
  let database: TestDatabase;

  beforeEach(async () => {
    database = await createTestDatabase();
  });
  afterEach(() => database.drop());

  it("enqueues in the caller's transaction: with it or not at all", async () => {
    const source = await database.connect();
    const store = new TransactionsRepository(source);
    const broken = inTransaction(source, async (manager) => {
      expect(await store.insert(row('a'), manager)).toBe(true);
      throw new Error('broken');
    });
    await expect(broken).rejects.toThrow('broken');
    expect(await store.find('a')).toBeNull();
    await inTransaction(source, (manager) => store.insert(row('a'), manager));
    expect(await store.find('a')).toEqual(row('a'));
  });

  it('counts what is under way, by the start of its keys', async () => {
    const store = new TransactionsRepository(await database.connect());
    for (const [key, nowMs] of [
      ['anchor/1', 7],
      ['anchor/2', 6],
      ['file/1', 5],
    ] as const)
      await store.insert(row(key, nowMs));
    await store.update({ ...row('anchor/1', 7), state: 'sent', nonce: 0 });
    await store.update({ ...row('file/1', 5), state: 'final' });
    const byState = (tally: object[]) => tally.map((entry) => JSON.stringify(entry)).sort();
    const expected = [
      { state: 'queued', count: 1, oldestMs: 6 },
      { state: 'sent', count: 1, oldestMs: 7 },
    ];
    expect(byState(await store.tally(lane))).toEqual(byState(expected));
    expect(await store.tally(lane, 'file/')).toEqual([]);
  });
});
