import { QuarantinesRepository } from '@odf/persistence';
import { zeroHex, type Bid, type Hex, type SignedBid } from '@odf/protocol';
import { createTestDatabase, testBid, testCoprocessor, type TestDatabase } from '@odf/testing';
import { Instance, testAvs, testWorld, type World } from '../../test/instance.js';
import { AvsRegistry } from '../core/avs-registry.js';
import { RelayMetrics } from '../relay.metrics.js';
import { QuarantinesService } from '../reputation/quarantines.service.js';
import { BidsService } from './bids.service.js';

jest.setTimeout(60_000);

const avs = testAvs(1);
const { avs_id } = avs;
const { key, pubkey, owner } = testCoprocessor(1);

let world: World;
let database: TestDatabase;
let instance: Instance;
let service: BidsService;
let quarantines: QuarantinesRepository;

beforeAll(async () => {
  world = await testWorld([avs]);
  database = await createTestDatabase();
  instance = await Instance.on(database, world);
  const { settlement, verifier, signer, clock } = world;
  quarantines = new QuarantinesRepository(instance.dataSource);
  service = new BidsService(
    new AvsRegistry([avs]),
    settlement,
    verifier,
    signer,
    instance.intake,
    new QuarantinesService(quarantines, clock),
    new RelayMetrics(),
    clock,
  );
});
afterAll(async () => {
  await world.verifier.close();
  await database.drop();
});

const bidOf = (members: Partial<Bid>): SignedBid => testBid(key, { avs_id, ...members }, world.signer.context);
const refusal = (code: string) => expect.objectContaining({ code });

it('takes bids of registered coprocessors only, signed by them and covered by their own line', async () => {
  const auction_id = await instance.open(avs, 1);
  await expect(service.place(bidOf({ auction_id }))).rejects.toEqual(refusal('BID_COPROCESSOR_UNREGISTERED'));
  const { line_id } = await world.settlement.registerDev({ pubkey, owner, cover_wei: 1n });
  const forged = { ...bidOf({ auction_id }), signature: bidOf({ auction_id, nonce: 2n }).signature };
  await expect(service.place(forged)).rejects.toEqual(refusal('SIGNATURE_INVALID'));
  const uncovered = bidOf({ auction_id, cover_wei_per_unit: 1n, line_id: zeroHex(32) });
  await expect(service.place(uncovered)).rejects.toEqual(refusal('BID_LINE_INVALID'));
  expect(await instance.bids.ofAuction(auction_id)).toEqual([]);
  const { receipt } = await service.place(bidOf({ auction_id, cover_wei_per_unit: 1n, line_id }));
  expect(receipt.seq).toBe(1n);
  await world.settlement.setStanding(pubkey, { suspended: true, revoked: false });
  await expect(service.place(bidOf({ auction_id, nonce: 9n }))).rejects.toEqual(refusal('BID_COPROCESSOR_SUSPENDED'));
  await world.settlement.setStanding(pubkey, { suspended: false, revoked: false });
});

it('places a batch in its order, though a cancellation is checked sooner than the bid before it', async () => {
  const auction_id = await instance.open(avs, 2);
  const { line_id } = await world.settlement.registerDev({ pubkey, owner, cover_wei: 1n });
  const covered = { auction_id, cover_wei_per_unit: 1n, line_id };
  const answers = await service.placeAll([
    bidOf({ ...covered, nonce: 11n }),
    bidOf({ auction_id, nonce: 12n, steps: [] }),
    bidOf({ ...covered, nonce: 12n }),
    bidOf({ ...covered, nonce: 13n, line_id: zeroHex(32) }),
    bidOf({ ...covered, nonce: 14n }),
  ]);
  expect(answers.map((answer) => ('code' in answer ? answer.code : answer.receipt.seq))).toEqual([
    1n,
    2n,
    'BID_NONCE_STALE',
    'BID_LINE_INVALID',
    3n,
  ]);
});

it('takes nothing from an owner in quarantine until it is over, whatever its key', async () => {
  const auction_id = await instance.open(avs, 31, 60_000);
  const [first, second] = [testCoprocessor(31), testCoprocessor(32)];
  const lineOf = async (of: typeof first) =>
    (await world.settlement.registerDev({ pubkey: of.pubkey, owner: first.owner, cover_wei: 9n })).line_id;
  const lines = [await lineOf(first), await lineOf(second)];
  const place = (of: typeof first, line_id: Hex, nonce: bigint) =>
    service.place(testBid(of.key, { avs_id, auction_id, line_id, nonce }, world.signer.context));
  const taskId: Hex = `0x${'77'.repeat(32)}`;
  const operator: Hex = `0x${'78'.repeat(20)}`;
  const fromMs = world.clock.nowMs();
  const slash = { owner: first.owner, coprocessor: first.pubkey, taskId, operator, fromMs, untilMs: fromMs + 5_000 };
  await quarantines.begin(instance.dataSource, slash);
  world.clock.advance(1_000);
  await expect(place(first, lines[0]!, 1n)).rejects.toEqual(refusal('BID_COPROCESSOR_SUSPENDED'));
  await expect(place(second, lines[1]!, 1n)).rejects.toEqual(refusal('BID_COPROCESSOR_SUSPENDED'));
  world.clock.advance(5_000);
  expect((await place(second, lines[1]!, 1n)).receipt.seq).toBe(1n);
});
