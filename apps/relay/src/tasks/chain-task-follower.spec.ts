import { cursorAt, type ChainCursor, type Polled, type TaskEvent } from '@odf/avs';
import { pino } from 'pino';
import { RelayMetrics } from '../relay.metrics.js';
import { ChainTaskFollower } from './chain-task-follower.js';

const orphaned = (fromBlock: bigint): TaskEvent => ({ kind: 'orphaned', fromBlock });

/** A follower whose source gives these answers in turn, and all that it did. */
function following(...answers: (Partial<Polled> | Error)[]) {
  const polled: (ChainCursor | null)[] = [];
  const applied: TaskEvent[] = [];
  const store: { cursor: ChainCursor | null; free: boolean } = { cursor: null, free: true };
  const metrics = new RelayMetrics();
  const logs: string[] = [];
  const apply = jest.fn(async (event: TaskEvent) => void applied.push(event));
  const follower = new ChainTaskFollower({
    avsId: '0x0a',
    name: 'files',
    source: {
      async poll(cursor) {
        polled.push(cursor);
        const answer = answers.shift() ?? {};
        if (answer instanceof Error) throw answer;
        return { events: [], cursor: cursor!, behind: 0n, ...answer };
      },
    },
    apply,
    cursors: {
      find: async () => store.cursor,
      save: async (_, cursor) => void (store.cursor = cursor),
      alone: async (_, work) => {
        if (store.free) await work();
        return store.free;
      },
    },
    metrics,
    logger: pino({}, { write: (line: string) => void logs.push(line) }),
  });
  const value = async (name: string) => (await metrics.registry.getSingleMetric(name)!.get()).values[0]?.value;
  return { follower, polled, applied, apply, store, logs, value };
}

describe('ChainTaskFollower', () => {
  it('goes on from where everything was taken in, at once while it is behind', async () => {
    const events = [orphaned(3n), orphaned(4n)];
    const { follower, polled, applied, store, value } = following({ events, cursor: cursorAt(9n), behind: 7n });
    expect(await follower.pass()).toBe(0);
    expect([applied, store.cursor]).toEqual([events, cursorAt(9n)]);
    expect([await value('odf_tasks_chain_behind_blocks'), await value('odf_tasks_chain_events_total')]).toEqual([7, 2]);
    expect(await follower.pass()).toBe(1_000);
    expect(polled).toEqual([null, cursorAt(9n)]);
  });

  it('leaves its cursor where it was when an event could not be taken in', async () => {
    const answer = { events: [orphaned(3n)], cursor: cursorAt(9n) };
    const { follower, apply, store, applied } = following(answer, answer);
    apply.mockRejectedValueOnce(new Error('the blob is not there yet'));
    await follower.pass();
    expect(store.cursor).toBeNull();
    await follower.pass();
    expect([store.cursor, applied]).toEqual([cursorAt(9n), answer.events]);
  });

  it('waits ever longer for a chain that is away, up to half a minute, and says so once', async () => {
    const { follower, logs, value } = following(...Array.from({ length: 9 }, () => new Error('ECONNREFUSED')));
    const waits: number[] = [];
    for (let attempt = 0; attempt < 9; attempt++) waits.push(await follower.pass());
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
    expect(logs).toHaveLength(1);
    expect(await value('odf_tasks_chain_failures_total')).toBe(9);
  });

  it('leaves the chain to the instance that follows it', async () => {
    const { follower, store, polled } = following();
    store.free = false;
    expect(await follower.pass()).toBe(1_000);
    expect(polled).toEqual([]);
  });
});
