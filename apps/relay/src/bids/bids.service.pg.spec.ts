import { zeroHex, type Bid, type SignedBid } from '@odf/protocol';
import { createTestDatabase, testBid, testCoprocessor, type TestDatabase } from '@odf/testing';
import { Instance, testAvs, testWorld, type World } from '../../test/instance.js';
import { AvsRegistry } from '../core/avs-registry.js';
import { RelayMetrics } from '../relay.metrics.js';
import { BidsService } from './bids.service.js';

jest.setTimeout(60_000);

const avs = testAvs(1);
const { avs_id } = avs;
const { key, pubkey, owner } = testCoprocessor(1);

let world: World;
let database: TestDatabase;
let instance: Instance;
let service: BidsService;

beforeAll(async () => {
  world = await testWorld([avs]);
  database = await createTestDatabase();
  instance = await Instance.on(database, world);
  const { settlement, verifier, signer, clock } = world;
  service = new BidsService(
    new AvsRegistry([avs]),
    settlement,
    verifier,
    signer,
    instance.intake,
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
