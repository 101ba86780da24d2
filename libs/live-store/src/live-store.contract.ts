import type { Hex } from '@odf/protocol';
import type { LiveStore } from './live-store.js';

/** A store under test, and how its time passes. */
export interface LiveStoreFixture {
  store: LiveStore;
  /** Another instance's view of the same state; the same object where there are no instances. */
  peer: LiveStore;
  /** Lets the store's own clock pass, at least by this much. */
  advance: (byMs: number) => Promise<void>;
  /** Gives everything back; closes both stores. */
  destroy(): Promise<void>;
}

const auction: Hex = `0x${'a1'.repeat(32)}`;
const alice: Hex = `0x${'aa'.repeat(48)}`;
const bob: Hex = `0x${'bb'.repeat(48)}`;
const digest: Hex = `0x${'01'.repeat(32)}`;
const otherDigest: Hex = `0x${'02'.repeat(32)}`;
const TTL_MS = 50;

/** The behaviour that every live store shares; call it in a spec of each implementation. */
export function describeLiveStore(name: string, make: () => Promise<LiveStoreFixture>): void {
  describe(`${name} as a LiveStore`, () => {
    let at: LiveStoreFixture;
    beforeEach(async () => {
      at = await make();
    });
    afterEach(() => at.destroy());

    describeAuctions(() => at);
    describeCommits(() => at);
    describeTopics(() => at);
    describeTokens(() => at);

    it('rejects every call after it is closed', async () => {
      await at.store.close();
      await expect(at.store.admitBids(auction, alice, 1)).rejects.toThrow();
      await expect(at.store.publish('topic', 'message')).rejects.toThrow();
    });
  });
}

function describeAuctions(at: () => LiveStoreFixture): void {
  const far = Date.UTC(2100, 0);

  it('numbers admitted bids without gaps, per auction and per coprocessor', async () => {
    const { store, peer } = at();
    await store.openAuction(auction, far);
    expect(await store.admitBids(auction, alice, 1)).toEqual({ arrival: 1, ofCoprocessor: 1 });
    expect(await peer.admitBids(auction, bob, 3)).toEqual({ arrival: 4, ofCoprocessor: 3 });
    expect(await store.admitBids(auction, alice, 2)).toEqual({ arrival: 6, ofCoprocessor: 3 });
    expect(await peer.closeAuction(auction)).toBe(6);
  });

  it('gives every concurrent admission its own place', async () => {
    const { store, peer } = at();
    await store.openAuction(auction, far);
    const admissions = await Promise.all(
      Array.from({ length: 50 }, (_, n) => (n % 2 ? store : peer).admitBids(auction, n % 3 ? alice : bob, 1)),
    );
    const arrivals = admissions.map((admission) => (admission === 'closed' ? 0 : admission.arrival));
    expect(arrivals.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, n) => n + 1));
  });

  it('admits nothing once a close has resolved, and counts exactly what it admitted in the race', async () => {
    const { store, peer } = at();
    await store.openAuction(auction, far);
    const racing = Array.from({ length: 20 }, () => store.admitBids(auction, alice, 1));
    const closing = peer.closeAuction(auction);
    const late = Array.from({ length: 20 }, () => peer.admitBids(auction, bob, 1));
    const last = await closing;
    expect(await store.admitBids(auction, alice, 1)).toBe('closed');
    const admitted = (await Promise.all([...racing, ...late])).filter((admission) => admission !== 'closed');
    expect(admitted).toHaveLength(last);
    expect(await store.closeAuction(auction)).toBe(last);
  });

  it('treats an unknown auction as closed, and keeps it closed when it was closed before it was opened', async () => {
    const { store } = at();
    expect(await store.admitBids(auction, alice, 1)).toBe('closed');
    expect(await store.closeAuction(auction)).toBe(0);
    await store.openAuction(auction, far);
    expect(await store.admitBids(auction, alice, 1)).toBe('closed');
  });

  it('changes nothing when an auction is opened again, open or closed', async () => {
    const { store, peer } = at();
    await store.openAuction(auction, far);
    await store.admitBids(auction, alice, 2);
    await peer.openAuction(auction, far);
    expect(await store.admitBids(auction, alice, 1)).toEqual({ arrival: 3, ofCoprocessor: 3 });
    await store.closeAuction(auction);
    await peer.openAuction(auction, far);
    expect(await store.admitBids(auction, alice, 1)).toBe('closed');
    expect(await peer.closeAuction(auction)).toBe(3);
  });

  it('goes on behind the arrivals that Postgres knows after a loss', async () => {
    const { store } = at();
    await store.openAuction(auction, far, 7);
    expect(await store.admitBids(auction, alice, 1)).toEqual({ arrival: 8, ofCoprocessor: 1 });
  });

  it('forgets an auction some time after its close, and then it counts as closed', async () => {
    const { store, advance } = at();
    await store.openAuction(auction, Date.UTC(2000, 0));
    await advance(1);
    expect(await store.admitBids(auction, alice, 1)).toBe('closed');
  });

  it.each([0, -1, 1.5, Number.NaN])('refuses to admit %p bids', async (count) => {
    const { store } = at();
    await store.openAuction(auction, far);
    await expect(store.admitBids(auction, alice, count)).rejects.toThrow(RangeError);
    expect(await store.closeAuction(auction)).toBe(0);
  });
}

function describeCommits(at: () => LiveStoreFixture): void {
  it('gives a slot to one digest', async () => {
    const { store, peer } = at();
    expect(await store.commitOnce('slot', digest, 60_000)).toBe('first');
    expect(await peer.commitOnce('slot', digest, 60_000)).toBe('same');
    expect(await peer.commitOnce('slot', otherDigest, 60_000)).toBe('other');
    expect(await store.commitOnce('another slot', otherDigest, 60_000)).toBe('first');
  });

  it('has one first among concurrent commits', async () => {
    const { store, peer } = at();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) => (n % 2 ? store : peer).commitOnce('slot', digest, 60_000)),
    );
    expect(answers.filter((answer) => answer === 'first')).toHaveLength(1);
    expect(answers.filter((answer) => answer === 'same')).toHaveLength(19);
  });

  it('frees a slot for its own digest only', async () => {
    const { store } = at();
    await store.commitOnce('slot', digest, 60_000);
    await store.releaseCommit('slot', otherDigest);
    expect(await store.commitOnce('slot', otherDigest, 60_000)).toBe('other');
    await store.releaseCommit('slot', digest);
    expect(await store.commitOnce('slot', otherDigest, 60_000)).toBe('first');
    await store.releaseCommit('a slot that nobody took', digest);
  });

  it('frees a slot after its time, which repeating does not prolong', async () => {
    const { store, advance } = at();
    await store.commitOnce('slot', digest, TTL_MS);
    await store.commitOnce('slot', digest, 60_000);
    await advance(TTL_MS + 1);
    expect(await store.commitOnce('slot', otherDigest, 60_000)).toBe('first');
  });
}

function describeTopics(at: () => LiveStoreFixture): void {
  /** Subscribes and gives a promise of the first `count` messages. */
  async function listen(store: LiveStore, topic: string, count: number) {
    const heard: string[] = [];
    let enough: (messages: string[]) => void = () => undefined;
    const messages = new Promise<string[]>((resolve) => (enough = resolve));
    const unsubscribe = await store.subscribe(topic, (message) => {
      heard.push(message);
      if (heard.length === count) enough(heard);
    });
    return { heard, messages, unsubscribe };
  }

  it('brings messages to the subscribers of their topic, in order, over instances', async () => {
    const { store, peer } = at();
    const [here, there, elsewhere] = [
      await listen(store, 'header', 2),
      await listen(peer, 'header', 2),
      await listen(peer, 'claim', 1),
    ];
    await store.publish('header', '1');
    await store.publish('header', '2');
    await store.publish('claim', 'c');
    expect(await here.messages).toEqual(['1', '2']);
    expect(await there.messages).toEqual(['1', '2']);
    expect(await elsewhere.messages).toEqual(['c']);
  });

  it('is silent after unsubscribing, also for one of two subscriptions', async () => {
    const { store } = at();
    const [left, stays] = [await listen(store, 'header', 1), await listen(store, 'header', 1)];
    await left.unsubscribe();
    await left.unsubscribe();
    await store.publish('header', '1');
    expect(await stays.messages).toEqual(['1']);
    expect(left.heard).toEqual([]);
  });

  it('never calls a subscriber inside publish', async () => {
    const { store } = at();
    let insidePublish = false;
    const called = new Promise<boolean>((resolve) => void store.subscribe('header', () => resolve(insidePublish)));
    await store.publish('ready', '');
    insidePublish = true;
    const published = store.publish('header', '1');
    insidePublish = false;
    await published;
    expect(await called).toBe(false);
  });
}

function describeTokens(at: () => LiveStoreFixture): void {
  const limit = { ratePerSecond: 10, burst: 2 };
  const t0 = 1_767_225_600_000;

  it('gives a burst, then says when the next token comes, and gives it then', async () => {
    const { store, peer } = at();
    expect(await store.takeToken('ip', limit, t0)).toEqual({ allowed: true });
    expect(await peer.takeToken('ip', limit, t0)).toEqual({ allowed: true });
    expect(await store.takeToken('ip', limit, t0)).toEqual({ allowed: false, retryAfterMs: 100 });
    expect(await store.takeToken('ip', limit, t0 + 40)).toEqual({ allowed: false, retryAfterMs: 60 });
    expect(await store.takeToken('ip', limit, t0 + 100)).toEqual({ allowed: true });
    expect(await store.takeToken('another ip', limit, t0)).toEqual({ allowed: true });
  });

  it('fills no further than the burst', async () => {
    const { store } = at();
    for (let n = 0; n < 2; n += 1) await store.takeToken('ip', limit, t0);
    const later = await Promise.all(Array.from({ length: 3 }, () => store.takeToken('ip', limit, t0 + 3_600_000)));
    expect(later.filter(({ allowed }) => allowed)).toHaveLength(2);
  });

  it('gives no tokens for time that goes back', async () => {
    const { store } = at();
    for (let n = 0; n < 2; n += 1) await store.takeToken('ip', limit, t0);
    expect(await store.takeToken('ip', limit, t0 - 60_000)).toEqual({ allowed: false, retryAfterMs: 100 });
    expect(await store.takeToken('ip', limit, t0)).toEqual({ allowed: false, retryAfterMs: 100 });
  });

  it.each([
    { ratePerSecond: 0, burst: 1 },
    { ratePerSecond: 1, burst: 0 },
    { ratePerSecond: Number.NaN, burst: 1 },
  ])('refuses the limit %p', async (bad) => {
    await expect(at().store.takeToken('ip', bad, t0)).rejects.toThrow(RangeError);
  });
}
