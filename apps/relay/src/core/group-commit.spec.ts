import { OdfError } from '@odf/protocol';
import { GroupCommit, type GroupAnswer } from './group-commit.js';

/** Work that each call of which waits until the test lets it answer. */
function heldWork() {
  const calls: { items: number[]; answer(answers: GroupAnswer<string>[]): void; fail(error: Error): void }[] = [];
  const work = (items: number[]) =>
    new Promise<GroupAnswer<string>[]>((resolve, reject) => calls.push({ items, answer: resolve, fail: reject }));
  return { calls, work };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
/** Enough turns of the event loop for a batch to begin and for its answers to arrive. */
const turns = async () => {
  for (let count = 0; count < 4; count++) await turn();
};
const named = (items: number[]) => items.map((item) => `answer ${item}`);

describe('GroupCommit', () => {
  it('commits what arrives in one turn together, and what arrives meanwhile as the next batch', async () => {
    const { calls, work } = heldWork();
    const group = new GroupCommit(work, { maxBatch: 10, maxWaiting: 100 });
    const first = [1, 2].map((item) => group.submit(item));
    await turns();
    const second = [3, 4, 5].map((item) => group.submit(item));
    await turns();
    expect(calls.map(({ items }) => items)).toEqual([[1, 2]]);
    expect(group.length).toBe(3);
    calls[0]!.answer(named([1, 2]));
    await turns();
    expect(calls.map(({ items }) => items)).toEqual([
      [1, 2],
      [3, 4, 5],
    ]);
    calls[1]!.answer(named([3, 4, 5]));
    expect(await Promise.all([...first, ...second])).toEqual(named([1, 2, 3, 4, 5]));
  });

  it('never takes more than a full batch, in the order of arrival', async () => {
    const sizes: number[] = [];
    const work = (items: number[]) => Promise.resolve(named(items));
    const group = new GroupCommit(work, { maxBatch: 3, maxWaiting: 100, onBatch: (size) => sizes.push(size) });
    const items = [1, 2, 3, 4, 5, 6, 7];
    expect(await Promise.all(items.map((item) => group.submit(item)))).toEqual(named(items));
    await group.drain();
    expect(sizes).toEqual([3, 3, 1]);
  });

  it('tells each waiter its own refusal, and all of them when the work fails; the next batch is tried afresh', async () => {
    const { calls, work } = heldWork();
    const group = new GroupCommit(work, { maxBatch: 10, maxWaiting: 100 });
    const refused = [group.submit(1), group.submit(2)];
    await turns();
    calls[0]!.answer(['good', new OdfError('BID_NONCE_STALE')]);
    expect(await Promise.allSettled(refused)).toMatchObject([
      { value: 'good' },
      { reason: { code: 'BID_NONCE_STALE' } },
    ]);
    const failed = [group.submit(3), group.submit(4)];
    await turns();
    calls[1]!.fail(new Error('the database is gone'));
    for (const { status } of await Promise.allSettled(failed)) expect(status).toBe('rejected');
    const again = group.submit(5);
    await turns();
    calls[2]!.answer(['good']);
    expect(await again).toBe('good');
  });

  it('refuses what would wait too long, without touching those who wait', async () => {
    const { calls, work } = heldWork();
    const group = new GroupCommit(work, { maxBatch: 1, maxWaiting: 2 });
    const waiting = [group.submit(1), group.submit(2)];
    await expect(group.submit(3)).rejects.toMatchObject({ code: 'UNAVAILABLE', retryAfterSeconds: 1 });
    await turns();
    calls[0]!.answer(['one']);
    await turns();
    calls[1]!.answer(['two']);
    expect(await Promise.all(waiting)).toEqual(['one', 'two']);
  });

  it('drains: waits for the batch under way and for all that wait behind it', async () => {
    const { calls, work } = heldWork();
    const group = new GroupCommit(work, { maxBatch: 1, maxWaiting: 10 });
    const waiting = [group.submit(1), group.submit(2)];
    let drained = false;
    const draining = group.drain().then(() => (drained = true));
    await turns();
    calls[0]!.answer(['one']);
    await turns();
    expect(drained).toBe(false);
    calls[1]!.answer(['two']);
    await draining;
    expect(await Promise.all(waiting)).toEqual(['one', 'two']);
    await group.drain();
  });
});
