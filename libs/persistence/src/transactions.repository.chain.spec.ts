import { createTestDatabase, type TestDatabase } from '@odf/testing';
import { Scene } from '../../settlement/src/outbox/test/scene.js';
import type { QueryRunnerLike } from './columns.js';
import { TransactionsRepository } from './transactions.repository.js';

jest.setTimeout(60_000);

let database: TestDatabase;
let scene: Scene;
beforeEach(async () => {
  [database, scene] = await Promise.all([createTestDatabase(), Scene.open()]);
});
afterEach(() => Promise.all([scene.close(), database.drop()]));

/** Takes the lane whoever has it: as a process does whose lock was lost with its connection. */
class Lockless extends TransactionsRepository {
  override alone<T>(_lane: unknown, work: () => Promise<T>): Promise<T | undefined> {
    return work();
  }
}

const AMOUNTS = Array.from({ length: 20 }, (_, index) => index + 1);

describe('two outboxes of one account on one Postgres', () => {
  it.each([
    ['take turns', TransactionsRepository],
    ['do no harm when the lock fails', Lockless],
  ])('%s', async (_, Repository) => {
    const outboxes = await Promise.all(
      [1, 2].map(async () => {
        const store = new Repository(await database.connect());
        return scene.outbox<QueryRunnerLike>({ store, backoffMs: 2, maxBackoffMs: 10, confirmations: 1 });
      }),
    );
    const stopping = new AbortController();
    const running = outboxes.map((outbox) => outbox.run(stopping.signal));
    const sent = AMOUNTS.flatMap((wei) => outboxes.map((outbox) => outbox.send(`d${wei}`, scene.deposit(wei))));
    const results = await Promise.all(sent);
    expect(results.every(({ status }) => status === 'success')).toBe(true);
    stopping.abort();
    await Promise.all(running);
    expect(await scene.deposits()).toEqual(AMOUNTS);
  });
});
