import {
  OdfError,
  Receipt,
  ReceiptBatch,
  RECEIPTS_DEPTH,
  SignedBid,
  verifyBranch,
  zeroHex,
  type Hex,
  type SignedReceipt,
} from '@odf/protocol';
import { createTestDatabase, testCoprocessor, type TestDatabase } from '@odf/testing';
import { bidBy, Instance, testAvs, testWorld, type World } from '../../test/instance.js';

jest.setTimeout(60_000);

const avs = testAvs(1);
const otherAvs = testAvs(2);
const { avs_id } = avs;
const CANCEL = { steps: [] };

let world: World;
let database: TestDatabase;
let one: Instance;
let two: Instance;

beforeAll(async () => {
  world = await testWorld([avs, otherAvs]);
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
const openAuction = (of = avs): Promise<Hex> => one.open(of, (next += 1));
const bidder = (): number => (next += 1);

const refusal = (code: string) => expect.objectContaining({ code });
const codeOf = (error: unknown): string => (error instanceof OdfError ? error.code : String(error));
/** The receipt of each bid, or the code of its refusal. */
const settle = async (placing: Promise<SignedReceipt>[]): Promise<(SignedReceipt | string)[]> =>
  Promise.all(placing.map((one) => one.catch(codeOf)));
const seqsIn = async (auctionId: Hex): Promise<number[]> => (await one.bids.ofAuction(auctionId)).map(({ seq }) => seq);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);
const closeAuction = async (auctionId: Hex, instance = one): Promise<void> => {
  world.clock.advance(2_000);
  await instance.freezer.close(auctionId);
};

async function expectGoodReceipt({ receipt, index, branch, batch }: SignedReceipt): Promise<void> {
  const leafRoot = Receipt.root(receipt);
  const root = batch.message.receipts_root;
  expect(verifyBranch({ root, leafRoot, index, branch, depth: RECEIPTS_DEPTH })).toBe(true);
  const signingRoot = world.signer.signingRoot(ReceiptBatch, batch.message);
  const { signature } = batch;
  expect(await world.verifier.verify({ pubkey: world.signer.pubkey, signingRoot, signature })).toBe(true);
}

describe('the sequence', () => {
  it('is gapless over instances that take bids at once, and each receipt names its own bid', async () => {
    const auction_id = await openAuction();
    const bidders = Array.from({ length: 120 }, bidder);
    const bids = bidders.map((number) => bidBy(number, { avs_id, auction_id }));
    const receipts = await Promise.all(bids.map((bid, index) => (index % 2 ? one : two).intake.place(bid)));
    expect(await seqsIn(auction_id)).toEqual(upTo(120));
    expect(receipts.map(({ receipt }) => Number(receipt.seq)).sort((a, b) => a - b)).toEqual(upTo(120));
    const rows = await one.bids.ofAuction(auction_id);
    for (const [index, { receipt }] of receipts.entries()) {
      const row = rows[Number(receipt.seq) - 1]!;
      expect(receipt.subject_root).toBe(bids[index]!.root);
      expect(SignedBid.deserialize(row.bid)).toEqual(bids[index]!.bid);
    }
    expect((await one.auctions.find(auction_id))?.bidCount).toBe(120);
    await expectGoodReceipt(receipts[0]!);
    await expectGoodReceipt(receipts[119]!);
  });

  it('does not mix auctions of a batch, nor skip a number for a refused bid', async () => {
    const first = await openAuction();
    const second = await openAuction(otherAvs);
    const unknown: Hex = `0x${'ff'.repeat(32)}`;
    const answers = await settle([
      one.place(bidder(), { avs_id, auction_id: first }),
      one.place(bidder(), { avs_id: otherAvs.avs_id, auction_id: second }),
      one.place(bidder(), { avs_id, auction_id: unknown }),
      one.place(bidder(), { avs_id, auction_id: second }),
      one.place(bidder(), { avs_id, auction_id: first, valid_until: 1n }),
      one.place(bidder(), { avs_id, auction_id: first }),
    ]);
    const shown = answers.map((answer) => (typeof answer === 'string' ? answer : answer.receipt.seq));
    expect(shown).toEqual([1n, 1n, 'AUCTION_UNKNOWN', 'BID_AVS_MISMATCH', 'BID_EXPIRED', 2n]);
    expect([await seqsIn(first), await seqsIn(second)]).toEqual([[1, 2], [1]]);
  });

  it('takes a valid_until just past the close and refuses the close itself', async () => {
    const auction_id = await openAuction();
    const { closesAtMs } = (await one.auctions.find(auction_id))!;
    const seconds = BigInt(Math.floor(closesAtMs / 1000));
    const late = bidBy(bidder(), { avs_id, auction_id, valid_until: seconds });
    await expect(one.intake.place(late)).rejects.toEqual(refusal('BID_EXPIRED'));
    const { receipt } = await one.place(bidder(), { avs_id, auction_id, valid_until: seconds + 1n });
    expect(receipt.seq).toBe(1n);
  });
});

describe('an identical repeat', () => {
  it('gets the first receipt again: in the same batch, later, elsewhere, after a replacement and after the close', async () => {
    const auction_id = await openAuction();
    const number = bidder();
    const bid = bidBy(number, { avs_id, auction_id });
    const [first, sameBatch] = await Promise.all([one.intake.place(bid), one.intake.place(bid)]);
    const elsewhere = await two.intake.place(bid);
    await one.place(number, { avs_id, auction_id, nonce: 2n });
    const replaced = await two.intake.place(bid);
    await closeAuction(auction_id);
    const closed = await one.intake.place(bid);
    expect([sameBatch, elsewhere, replaced, closed]).toEqual([first, first, first, first]);
    expect(await seqsIn(auction_id)).toEqual([1, 2]);
  });

  it('is one bid when two instances get it at once', async () => {
    const auction_id = await openAuction();
    const bid = bidBy(bidder(), { avs_id, auction_id });
    const receipts = await Promise.all([one, two, one, two].map(({ intake }) => intake.place(bid)));
    expect(new Set(receipts.map((receipt) => JSON.stringify(receipt, plain))).size).toBe(1);
    expect(await seqsIn(auction_id)).toEqual([1]);
  });

  it('of a standing bid or of its cancellation gets the first receipt again', async () => {
    const number = bidder();
    const standing = bidBy(number, { avs_id, nonce: 3n });
    const first = await one.intake.place(standing);
    expect([await one.intake.place(standing), await two.intake.place(standing)]).toEqual([first, first]);
    expect(first.receipt).toMatchObject({ auction_id: zeroHex(32), seq: 0n, subject_root: standing.root });
    await expectGoodReceipt(first);
    const cancel = bidBy(number, { avs_id, nonce: 4n, ...CANCEL });
    const cancelled = await one.intake.place(cancel);
    expect([await one.intake.place(cancel), await two.intake.place(cancel)]).toEqual([cancelled, cancelled]);
    await expect(one.intake.place(standing)).rejects.toEqual(refusal('BID_NONCE_STALE'));
  });
});

describe('the nonce', () => {
  it('only rises, whatever the auction, and counts per coprocessor and AVS', async () => {
    const auctions = [await openAuction(), await openAuction()] as const;
    const elsewhere = await openAuction(otherAvs);
    const number = bidder();
    await one.place(number, { avs_id, auction_id: auctions[0], nonce: 5n });
    const answers = await settle([
      two.place(number, { avs_id, auction_id: auctions[0], nonce: 5n, standby: 1 }),
      two.place(number, { avs_id, auction_id: auctions[1], nonce: 5n }),
      two.place(number, { avs_id, auction_id: auctions[1], nonce: 4n }),
      two.place(number, { avs_id, nonce: 5n }),
      two.place(number, { avs_id: otherAvs.avs_id, auction_id: elsewhere, nonce: 0n }),
      two.place(number, { avs_id, auction_id: auctions[1], nonce: 2n ** 64n - 1n }),
    ]);
    expect(answers.map((answer) => (typeof answer === 'string' ? answer : answer.receipt.seq))).toEqual([
      'BID_NONCE_STALE',
      'BID_NONCE_STALE',
      'BID_NONCE_STALE',
      'BID_NONCE_STALE',
      1n,
      1n,
    ]);
  });

  it('lets one of two bids win that carry the same one over two instances', async () => {
    const auction_id = await openAuction();
    const number = bidder();
    const answers = await settle([
      one.place(number, { avs_id, auction_id, nonce: 7n }),
      two.place(number, { avs_id, auction_id, nonce: 7n, standby: 1 }),
    ]);
    expect(answers.filter((answer) => answer === 'BID_NONCE_STALE')).toHaveLength(1);
    expect(await seqsIn(auction_id)).toEqual([1]);
  });

  it('is used once though the bids that carry it are in auctions that share no lock', async () => {
    const auctions = [await openAuction(), await openAuction()] as const;
    const number = bidder();
    await one.place(number, { avs_id, auction_id: auctions[0] });
    for (let nonce = 2n; nonce < 12n; nonce++) {
      const answers = await settle([
        one.place(number, { avs_id, auction_id: auctions[0], nonce }),
        two.place(number, { avs_id, auction_id: auctions[1], nonce }),
      ]);
      expect(answers.filter((answer) => answer === 'BID_NONCE_STALE')).toHaveLength(1);
    }
  });

  it('is not used up by a refused bid', async () => {
    const auction_id = await openAuction();
    const number = bidder();
    await expect(one.place(number, { avs_id, auction_id, nonce: 9n, valid_until: 1n })).rejects.toThrow();
    expect((await one.place(number, { avs_id, auction_id, nonce: 9n })).receipt.seq).toBe(1n);
  });
});

describe('replacements', () => {
  it('are 20 of an auction and coprocessor, over batches and instances', async () => {
    const auction_id = await openAuction();
    const [number, other] = [bidder(), bidder()];
    const placed: (SignedReceipt | string)[] = [];
    for (const from of [0, 9, 18]) {
      const instance = from === 9 ? two : one;
      const nonces = Array.from({ length: 9 }, (_, index) => BigInt(from + index + 1));
      placed.push(...(await settle(nonces.map((nonce) => instance.place(number, { avs_id, auction_id, nonce })))));
    }
    expect(placed.filter((answer) => typeof answer !== 'string')).toHaveLength(21);
    expect(placed.slice(21)).toEqual(Array(6).fill('BID_REPLACEMENTS_EXCEEDED'));
    expect((await two.place(other, { avs_id, auction_id })).receipt.seq).toBe(22n);
  });

  it('by standing bids count as well, and a refused one changes nothing', async () => {
    const auction_id = await openAuction();
    const number = bidder();
    for (let nonce = 1n; nonce <= 21n; nonce++) await one.place(number, { avs_id, nonce });
    await expect(one.place(number, { avs_id, nonce: 22n })).rejects.toEqual(refusal('BID_REPLACEMENTS_EXCEEDED'));
    const [standing] = await standingOf(number);
    expect(standing?.nonce).toBe(21n);
    expect((await one.bids.ofCoprocessor(auction_id, testCoprocessor(number).pubkey)).length).toBe(21);
  });
});

describe('a standing bid', () => {
  it('enters every open auction of its AVS at once, and those that open later, until it is cancelled', async () => {
    const [first, second] = [await openAuction(), await openAuction()];
    const foreign = await openAuction(otherAvs);
    const number = bidder();
    const bid = bidBy(number, { avs_id });
    await one.intake.place(bid);
    const later = await openAuction();
    const rootsIn = async (auctionId: Hex) =>
      (await one.bids.ofCoprocessor(auctionId, testCoprocessor(number).pubkey)).map(({ bidRoot }) => bidRoot);
    expect(await Promise.all([first, second, later, foreign].map(rootsIn))).toEqual([
      [bid.root],
      [bid.root],
      [bid.root],
      [],
    ]);
    const cancel = bidBy(number, { avs_id, nonce: 2n, ...CANCEL });
    await two.intake.place(cancel);
    expect(await rootsIn(later)).toEqual([bid.root, cancel.root]);
    expect(await rootsIn(await openAuction())).toEqual([]);
  });

  it('survives a specific bid of a higher nonce, and stands in the auctions after it', async () => {
    const auction_id = await openAuction();
    const number = bidder();
    const standing = bidBy(number, { avs_id });
    await one.intake.place(standing);
    await one.place(number, { avs_id, auction_id, nonce: 2n });
    const next = await openAuction();
    const { pubkey } = testCoprocessor(number);
    expect((await one.bids.ofCoprocessor(next, pubkey)).map(({ bidRoot }) => bidRoot)).toEqual([standing.root]);
    expect((await two.intake.place(standing)).receipt.auction_id).toBe(zeroHex(32));
  });

  it('is in an auction that opens at the same time exactly once', async () => {
    const numbers = Array.from({ length: 30 }, bidder);
    const placing = numbers.map((number, index) => (index % 2 ? one : two).place(number, { avs_id }));
    const auctionId = await openAuction();
    await Promise.all(placing);
    const rows = await one.bids.ofAuction(auctionId);
    const mine = new Set<Hex>(numbers.map((number) => testCoprocessor(number).pubkey));
    const found = rows.map(({ coprocessor }) => coprocessor).filter((coprocessor) => mine.has(coprocessor));
    expect(found).toHaveLength(30);
    expect(new Set(found)).toEqual(mine);
    expect(rows.map(({ seq }) => seq)).toEqual(upTo(rows.length));
  });
});

describe('a freeze', () => {
  it('counts every bid that has a receipt and refuses every later one, however they race', async () => {
    const auction_id = await openAuction(otherAvs);
    const members = { avs_id: otherAvs.avs_id, auction_id };
    await one.place(bidder(), members);
    world.clock.advance(2_000);
    const placing: Promise<SignedReceipt | string>[] = [];
    const bidOn = async (instance: Instance, waves: number): Promise<void> => {
      for (let wave = 0; wave < waves; wave++) {
        const wavePlacing = Array.from({ length: 5 }, () => instance.place(bidder(), members).catch(codeOf));
        placing.push(...wavePlacing);
        await Promise.all(wavePlacing);
      }
    };
    const bidding = Promise.all([bidOn(one, 12), bidOn(two, 12)]);
    // Both instances close it, as two schedulers would, while bids are under way.
    await placing[0];
    await Promise.all([one.freezer.close(auction_id), two.freezer.close(auction_id)]);
    await bidding;
    const answers = await Promise.all(placing);
    const receipted = answers.flatMap((answer) => (typeof answer === 'string' ? [] : [answer.receipt.seq]));
    const { state, bidCount } = (await one.auctions.find(auction_id))!;
    expect(state).toBe('frozen');
    expect(receipted.length).toBeLessThan(answers.length);
    expect(receipted.map(Number).sort((a, b) => a - b)).toEqual(upTo(bidCount).slice(1));
    expect(new Set(answers.filter((answer) => typeof answer === 'string'))).toEqual(new Set(['BID_AUCTION_CLOSED']));
    expect(await seqsIn(auction_id)).toEqual(upTo(bidCount));
  });
});

async function standingOf(number: number) {
  const all = await one.bids.standingBids(one.dataSource, avs_id);
  return all.filter(({ coprocessor }) => coprocessor === testCoprocessor(number).pubkey);
}

function plain(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}
