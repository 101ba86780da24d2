import { LiveStore, MemoryLiveStore } from '@odf/live-store';
import { systemClock } from '@odf/telemetry';
import { failOnError } from '../../test/instance.js';
import { idOf } from '../../test/records.js';
import { headerTopic } from '../core/header.js';
import { RelayMetrics } from '../relay.metrics.js';
import { HeaderWaiters } from './header-waiters.js';

const task = idOf('task');
const LONG_MS = 60_000;
const settle = async () => {
  for (let count = 0; count < 3; count++) await new Promise((resolve) => setImmediate(resolve));
};

/** A live store that counts its subscriptions. */
function countingStore() {
  const store = new MemoryLiveStore(systemClock, failOnError);
  const open = { now: 0, ever: 0 };
  const subscribe = store.subscribe.bind(store);
  store.subscribe = async (topic, handler) => {
    const unsubscribe = await subscribe(topic, handler);
    open.now += 1;
    open.ever += 1;
    return async () => {
      open.now -= 1;
      await unsubscribe();
    };
  };
  return { store, open };
}

describe('HeaderWaiters', () => {
  // The store hands messages on by setImmediate; only the waiting is faked.
  beforeEach(() => jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] }));
  afterEach(() => jest.useRealTimers());

  const waiting = async (metrics: RelayMetrics) => (await metrics.headerWaiters.get()).values[0]?.value;

  it('wakes all who wait for a task by one shared subscription, and nobody else', async () => {
    const { store, open } = countingStore();
    const metrics = new RelayMetrics();
    const waiters = new HeaderWaiters(store, metrics);
    let woken = 0;
    const all = Promise.all([1, 2, 3].map(() => waiters.wait(task, LONG_MS).then(() => (woken += 1))));
    let otherWoken = false;
    const other = waiters.wait(idOf('other'), LONG_MS).then(() => (otherWoken = true));
    await settle();
    expect([open.now, await waiting(metrics)]).toEqual([2, 4]);
    await store.publish(headerTopic(task), '');
    await all;
    expect([woken, otherWoken]).toEqual([3, false]);
    await jest.advanceTimersByTimeAsync(1_000);
    await other;
    expect([open.now, await waiting(metrics)]).toEqual([0, 0]);
  });

  it('lets a waiter go after its time, and after a second at most, so that it looks again', async () => {
    const { store } = countingStore();
    const waiters = new HeaderWaiters(store, new RelayMetrics());
    const done: string[] = [];
    const short = waiters.wait(task, 200).then(() => done.push('short'));
    const long = waiters.wait(task, LONG_MS).then(() => done.push('long'));
    await jest.advanceTimersByTimeAsync(199);
    expect(done).toEqual([]);
    await jest.advanceTimersByTimeAsync(1);
    expect(done).toEqual(['short']);
    await jest.advanceTimersByTimeAsync(800);
    expect(done).toEqual(['short', 'long']);
    await Promise.all([short, long]);
  });

  it('gives those who come after some news a room of their own', async () => {
    const { store, open } = countingStore();
    const waiters = new HeaderWaiters(store, new RelayMetrics());
    const first = waiters.wait(task, LONG_MS);
    await settle();
    await store.publish(headerTopic(task), '');
    let second = false;
    const waitingAgain = waiters.wait(task, LONG_MS).then(() => (second = true));
    await first;
    await settle();
    expect([second, open.ever, open.now]).toEqual([false, 2, 1]);
    await store.publish(headerTopic(task), '');
    await waitingAgain;
  });

  it('wakes everybody when the process drains', async () => {
    const { store, open } = countingStore();
    const waiters = new HeaderWaiters(store, new RelayMetrics());
    const all = Promise.all([waiters.wait(task, LONG_MS), waiters.wait(idOf('other'), LONG_MS)]);
    await settle();
    waiters.close();
    await all;
    await settle();
    expect([waiters.closed, open.now]).toEqual([true, 0]);
  });

  it('tells everybody of a subscription that fails, and starts afresh for the next', async () => {
    const { store } = countingStore();
    const failing = jest.spyOn<LiveStore, 'subscribe'>(store, 'subscribe').mockRejectedValue(new Error('no store'));
    const waiters = new HeaderWaiters(store, new RelayMetrics());
    const answers = await Promise.allSettled([waiters.wait(task, LONG_MS), waiters.wait(task, LONG_MS)]);
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    // A rejection that nobody handles would end the process.
    const unhandled = jest.fn();
    process.once('unhandledRejection', unhandled);
    await settle();
    process.removeListener('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
    failing.mockRestore();
    const next = waiters.wait(task, 1);
    await settle();
    await jest.advanceTimersByTimeAsync(1);
    await next;
  });
});
