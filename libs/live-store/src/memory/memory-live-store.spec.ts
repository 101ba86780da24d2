import { ManualClock } from '@odf/telemetry';
import { describeLiveStore } from '../live-store.contract.js';
import { ExpiringMap } from './expiring-map.js';
import { MemoryLiveStore } from './memory-live-store.js';

describeLiveStore('MemoryLiveStore', async () => {
  const clock = new ManualClock();
  const store = new MemoryLiveStore(clock, (_, error) => {
    throw error;
  });
  return {
    store,
    peer: store,
    advance: async (byMs) => void clock.advance(byMs),
    destroy: () => store.close(),
  };
});

describe('MemoryLiveStore', () => {
  it('tells of a subscriber that throws, and still serves the others', async () => {
    const errors: unknown[] = [];
    const store = new MemoryLiveStore(new ManualClock(), (topic, error) => errors.push([topic, error]));
    const failure = new Error('subscriber');
    await store.subscribe('header', () => {
      throw failure;
    });
    const heard = new Promise<string>((resolve) => void store.subscribe('header', resolve));
    await store.publish('header', '1');
    expect(await heard).toBe('1');
    expect(errors).toEqual([['header', failure]]);
  });
});

describe('ExpiringMap', () => {
  it('holds no more than about twice what is alive', () => {
    const clock = new ManualClock(0);
    const map = new ExpiringMap<number>(() => clock.nowMs());
    for (let n = 0; n < 100_000; n += 1) {
      clock.advance(1);
      map.set(`key ${n}`, n, clock.nowMs() + 1_000);
    }
    expect(map.size).toBeLessThan(2_500);
    expect(map.get('key 99999')).toBe(99_999);
    expect(map.get('key 98000')).toBeUndefined();
  });

  it('loses an entry at its time, not before', () => {
    const clock = new ManualClock(0);
    const map = new ExpiringMap<string>(() => clock.nowMs());
    map.set('key', 'value', 10);
    clock.advance(9);
    expect(map.get('key')).toBe('value');
    clock.advance(1);
    expect(map.get('key')).toBeUndefined();
  });
});
