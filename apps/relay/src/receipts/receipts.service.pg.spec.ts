import { inTransaction, ReceiptsRepository } from '@odf/persistence';
import { Receipt, ReceiptBatch, RECEIPTS_DEPTH, verifyBranch, type SignedReceipt } from '@odf/protocol';
import { createTestDatabase, testCoprocessor, type TestDatabase } from '@odf/testing';
import type { DataSource } from 'typeorm';
import { testWorld, type World } from '../../test/instance.js';
import { idOf } from '../../test/records.js';
import { receiptOf } from '../core/bid-receipt.js';
import { MAX_RECEIPTS_PER_BATCH, ReceiptsService } from './receipts.service.js';

jest.setTimeout(60_000);

const { pubkey } = testCoprocessor(1);
const receiptNo = (seq: number): Receipt => receiptOf(idOf('auction'), idOf(`bid ${seq}`), pubkey, seq, 1_000);

let world: World;
let database: TestDatabase;
let dataSource: DataSource;

beforeAll(async () => {
  world = await testWorld([]);
  await world.verifier.start();
  database = await createTestDatabase();
  dataSource = await database.connect();
});
afterAll(async () => {
  await world.verifier.close();
  await database.drop();
});

const serviceOf = () => new ReceiptsService(new ReceiptsRepository(dataSource), world.signer);
const issue = (service: ReceiptsService, receipts: Receipt[]) =>
  inTransaction(dataSource, (runner) => service.issue(runner, receipts));

function isProved({ receipt, index, branch, batch }: SignedReceipt): boolean {
  const root = batch.message.receipts_root;
  return verifyBranch({ root, leafRoot: Receipt.root(receipt), index, branch, depth: RECEIPTS_DEPTH });
}

it('signs one batch for all, and gives the same receipts after a restart', async () => {
  const service = serviceOf();
  const receipts = [1, 2, 3].map(receiptNo);
  const places = await issue(service, receipts);
  const items = receipts.map((receipt, index) => ({ receipt, place: places[index]! }));
  const signed = await service.signedReceipts(items);
  expect(signed.map(({ index, batch }) => [index, batch.message.count])).toEqual([
    [0, 3],
    [1, 3],
    [2, 3],
  ]);
  expect(signed.every(isProved)).toBe(true);
  const [{ batch }] = signed as [SignedReceipt];
  const signingRoot = world.signer.signingRoot(ReceiptBatch, batch.message);
  const check = { pubkey: world.signer.pubkey, signingRoot, signature: batch.signature };
  expect(await world.verifier.verify(check)).toBe(true);
  expect(await serviceOf().signedReceipts(items)).toEqual(signed);
});

it('splits what one signature cannot hold', async () => {
  const service = serviceOf();
  const receipts = Array.from({ length: MAX_RECEIPTS_PER_BATCH + 1 }, (_, index) => receiptNo(index));
  const places = await issue(service, receipts);
  const last = [receipts.length - 2, receipts.length - 1].map((at) => ({ receipt: receipts[at]!, place: places[at]! }));
  const signed = await service.signedReceipts(last);
  expect(signed.map(({ index }) => index)).toEqual([MAX_RECEIPTS_PER_BATCH - 1, 0]);
  expect(signed.every(isProved)).toBe(true);
});

it('rebuilds more batches at once than it keeps, while others fill its memory', async () => {
  const service = serviceOf();
  const items: { receipt: Receipt; place: Awaited<ReturnType<typeof issue>>[0] }[] = [];
  await inTransaction(dataSource, async (runner) => {
    for (let seq = 0; seq < 600; seq++) {
      const [place] = await service.issue(runner, [receiptNo(seq)]);
      items.push({ receipt: receiptNo(seq), place: place! });
    }
  });
  const halves = [items, [...items].reverse()].map((half) => service.signedReceipts(half));
  const [first, second] = await Promise.all(halves);
  expect(first!.every(isProved)).toBe(true);
  expect(second!.map(({ receipt }) => receipt.seq)).toEqual(items.map(({ receipt }) => receipt.seq).reverse());
});

it('issues nothing for nobody', async () => {
  expect(await issue(serviceOf(), [])).toEqual([]);
});
