import type { AuctionRecord } from '@odf/persistence';
import { createTestDatabase, type TestDatabase } from '@odf/testing';
import { Instance, testAvs, testWorld, type World } from '../../test/instance.js';
import { planTermAuction } from './auction-plan.js';

jest.setTimeout(60_000);

const avs = testAvs(1);
const { avs_id: avsId, windows_ms: windows } = avs;

let world: World;
let database: TestDatabase;
let instances: Instance[];

beforeEach(async () => {
  world = await testWorld([avs]);
  database = await createTestDatabase();
  instances = [await Instance.on(database, world), await Instance.on(database, world)];
});
afterEach(async () => {
  await world.verifier.close();
  await database.drop();
});

/** The pass of a scheduler over openings, at a time of its own. */
async function openDue(instance: Instance): Promise<void> {
  const newest = await instance.auctions.latest(avsId, null);
  const plan = planTermAuction(avsId, windows, newest, world.clock.advance(1));
  if (plan) await instance.opener.open(plan, newest);
}
const openOnes = () => instances[0]!.auctions.inStates(avsId, ['open']);

describe('AuctionOpener', () => {
  it('opens one auction when two instances plan the first one at other moments', async () => {
    await Promise.all(instances.map(openDue));
    expect(await openOnes()).toHaveLength(1);
  });

  it('opens one next round, though another instance sees the void before it', async () => {
    await openDue(instances[0]!);
    const [{ auctionId }] = (await openOnes()) as [AuctionRecord];
    world.clock.advance(windows.bidding);
    await Promise.all([
      ...instances.map(({ freezer }) => freezer.close(auctionId)),
      ...instances.flatMap((instance) => [openDue(instance), openDue(instance), openDue(instance)]),
    ]);
    expect((await instances[0]!.auctions.find(auctionId))?.state).toBe('void');
    expect(await openOnes()).toHaveLength(1);
  });

  it('voids three rounds without bids, and keeps the fourth open until its first bid', async () => {
    const [instance] = instances as [Instance];
    await openDue(instance);
    const rounds: number[] = [];
    for (let close = 0; close < 6; close++) {
      const [open] = await openOnes();
      rounds.push(open!.round);
      world.clock.advance(windows.bidding);
      await instance.freezer.close(open!.auctionId);
    }
    expect(rounds).toEqual([0, 1, 2, 3, 3, 3]);
    const [waiting] = await openOnes();
    expect(waiting!.closesAtMs).toBe(world.clock.nowMs() + windows.bidding);
    expect(waiting!.termEndMs).toBe(waiting!.closesAtMs + windows.term);
    await instance.place(1, { avs_id: avsId, auction_id: waiting!.auctionId });
    world.clock.advance(windows.bidding);
    await instance.freezer.close(waiting!.auctionId);
    expect((await instance.auctions.find(waiting!.auctionId))?.state).toBe('frozen');
  });

  it('leaves out standing bids that are over', async () => {
    const [instance] = instances as [Instance];
    const seconds = BigInt(Math.floor(world.clock.nowMs() / 1000));
    await instance.place(1, { avs_id: avsId, valid_until: seconds + 1n });
    await instance.place(2, { avs_id: avsId, valid_until: seconds + 10n });
    world.clock.advance(1_000);
    await openDue(instance);
    const [{ auctionId, bidCount }] = (await openOnes()) as [AuctionRecord];
    expect([bidCount, (await instance.bids.ofAuction(auctionId)).length]).toEqual([1, 1]);
  });
});
