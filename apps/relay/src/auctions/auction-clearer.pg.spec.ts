import { TranscriptRoot, Award, sha256, type Hex } from '@odf/protocol';
import { createTestDatabase, testCoprocessor, type TestDatabase } from '@odf/testing';
import type { CheckedBid } from '../bids/bid-intake.js';
import { bidBy, Instance, testAvs, testWorld, type World } from '../../test/instance.js';

jest.setTimeout(60_000);

const TAIL_MS = 50_000;
const RACES = 6;
const avss = [testAvs(1, { attributor: 'chain', claim_tail_ms: TAIL_MS }), testAvs(2)] as const;
const [slashing, harmless] = avss;

let world: World;
let database: TestDatabase;
let one: Instance;
let two: Instance;

beforeAll(async () => {
  world = await testWorld(avss);
  await world.verifier.start();
  database = await createTestDatabase();
  [one, two] = [await Instance.on(database, world), await Instance.on(database, world)];
});
afterAll(async () => {
  await world.verifier.close();
  await database.drop();
});

/** Each test has auctions and coprocessors of its own. */
let next = 0;

/** A coprocessor with a line of `cover` wei, and a bid of one wei of cover for each of `units`. */
async function covered(cover: bigint): Promise<{ lineId: Hex; bidFor(avs_id: Hex, units: number): CheckedBid }> {
  const number = (next += 1);
  const { pubkey, owner } = testCoprocessor(number);
  const { line_id } = await world.settlement.registerDev({ pubkey, owner, cover_wei: cover });
  let nonce = 0n;
  const bidFor = (avs_id: Hex, units: number) =>
    bidBy(number, {
      avs_id,
      line_id,
      cover_wei_per_unit: 1n,
      steps: [{ fee_share_bps: 1_000, units }],
      nonce: (nonce += 1n),
    });
  return { lineId: line_id, bidFor };
}

const unitsOf = async (auctionId: Hex): Promise<number> =>
  (await one.awardRows.ofAuction(auctionId)).reduce((sum, { award }) => sum + award.message.units, 0);
const reservedOf = async (lineId: Hex, atMs = world.clock.nowMs()): Promise<bigint> =>
  (await one.awardRows.reservedWei([lineId], atMs)).get(lineId) ?? 0n;

describe('cover (P3)', () => {
  it('is never promised twice by two auctions that clear at once over a line that both bids name', async () => {
    for (let race = 0; race < RACES; race++) {
      const { lineId, bidFor } = await covered(10n);
      const auctions = await Promise.all([
        one.frozen(slashing, (next += 1), { units: 8, bids: [bidFor(slashing.avs_id, 8)] }),
        two.frozen(harmless, (next += 1), { units: 8, bids: [bidFor(harmless.avs_id, 8)] }),
      ]);
      await Promise.all([one.clearer.clear(auctions[0]), two.clearer.clear(auctions[1])]);
      const units = await Promise.all(auctions.map(unitsOf));
      expect([...units].sort()).toEqual([2, 8]);
      expect(await reservedOf(lineId)).toBe(10n);
    }
  });

  it('is not locked in a ring by auctions that name the same lines in other orders', async () => {
    const lines = await Promise.all([covered(4n), covered(4n), covered(4n)]);
    const bidsFor = (avs_id: Hex) => lines.map(({ bidFor }) => bidFor(avs_id, 3));
    const first = await one.frozen(slashing, (next += 1), { units: 9, bids: bidsFor(slashing.avs_id) });
    const second = await two.frozen(harmless, (next += 1), { units: 9, bids: bidsFor(harmless.avs_id).reverse() });
    await Promise.all([one.clearer.clear(first), two.clearer.clear(second)]);
    expect((await Promise.all([first, second].map(unitsOf))).sort()).toEqual([3, 9]);
    expect(await Promise.all(lines.map(({ lineId }) => reservedOf(lineId)))).toEqual([4n, 4n, 4n]);
  });

  it('stays reserved until the term is over, and for the claim tail where faults are attributed', async () => {
    for (const [avs, tailMs] of [
      [slashing, TAIL_MS],
      [harmless, 0],
    ] as const) {
      const { lineId, bidFor } = await covered(3n);
      const auction = await one.frozen(avs, (next += 1), { units: 3, bids: [bidFor(avs.avs_id, 3)] });
      await one.clearer.clear(auction);
      const { termEndMs } = (await one.auctions.find(auction))!;
      expect(await reservedOf(lineId, termEndMs + tailMs - 1)).toBe(3n);
      expect(await reservedOf(lineId, termEndMs + tailMs)).toBe(0n);
    }
  });

  it('that was lowered below what is reserved leaves nothing free, and takes no award back', async () => {
    const { lineId, bidFor } = await covered(5n);
    const number = next;
    const first = await one.frozen(slashing, (next += 1), { units: 5, bids: [bidFor(slashing.avs_id, 5)] });
    await one.clearer.clear(first);
    const { pubkey, owner } = testCoprocessor(number);
    await world.settlement.registerDev({ pubkey, owner, cover_wei: 2n });
    const second = await one.frozen(harmless, (next += 1), { units: 5, bids: [bidFor(harmless.avs_id, 5)] });
    await one.clearer.clear(second);
    expect([await unitsOf(first), await unitsOf(second), await reservedOf(lineId)]).toEqual([5, 0, 5n]);
  });

  it("of another coprocessor's line is worth nothing", async () => {
    const rich = await covered(100n);
    const thief = testCoprocessor((next += 1));
    await world.settlement.registerDev({ pubkey: thief.pubkey, owner: thief.owner, cover_wei: 0n });
    const steps = [{ fee_share_bps: 1, units: 2 }];
    const bid = bidBy(next, { avs_id: slashing.avs_id, line_id: rich.lineId, cover_wei_per_unit: 1n, steps });
    const auction = await one.frozen(slashing, (next += 1), { units: 2, bids: [bid] });
    await one.clearer.clear(auction);
    expect([await unitsOf(auction), await reservedOf(rich.lineId)]).toEqual([0, 0n]);
  });
});

describe('AuctionClearer', () => {
  it('clears once when several instances do it at once, and signs what it stored', async () => {
    const { lineId, bidFor } = await covered(10n);
    const auction = await one.frozen(slashing, (next += 1), { units: 4, bids: [bidFor(slashing.avs_id, 4)] });
    await Promise.all([one, two, one].map(({ clearer }) => clearer.clear(auction)));
    const awards = await one.awardRows.ofAuction(auction);
    expect(awards).toHaveLength(1);
    expect(await reservedOf(lineId)).toBe(4n);
    const [{ award }] = awards as [(typeof awards)[0]];
    const { pubkey } = world.signer;
    const signingRoot = world.signer.signingRoot(Award, award.message);
    expect(await world.verifier.verify({ pubkey, signingRoot, signature: award.signature })).toBe(true);
    const stored = (await one.auctions.transcriptOf(auction))!;
    expect(TranscriptRoot.deserialize(stored.transcriptRoot)).toMatchObject({
      auction_id: auction,
      transcript_hash: sha256(stored.transcript),
    });
  });
});
