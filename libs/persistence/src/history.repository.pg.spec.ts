import { TranscriptRoot, fromHex, type Hex } from '@odf/protocol';
import { createTestDatabase, type TestDatabase } from '@odf/testing';
import type { DataSource } from 'typeorm';
import { insertMany, toBytea } from './columns.js';
import { HistoryRepository, type HistoryPage } from './history.repository.js';
import { packMembers } from './members.codec.js';

jest.setTimeout(60_000);

const bytes = (length: number, n: number): Hex => `0x${n.toString(16).padStart(length * 2, '0')}`;
const page = (more: Partial<HistoryPage> = {}): HistoryPage => ({ limit: 10, falling: true, filters: {}, ...more });
const transcriptRoot: TranscriptRoot = {
  auction_id: bytes(32, 2),
  frozen_root: bytes(32, 21),
  transcript_hash: bytes(32, 22),
  members_root: bytes(32, 23),
  seed: bytes(32, 24),
};
const members = [1, 2, 3].map((n) => ({ class_index: n, validator_root: bytes(32, n), operator: bytes(20, n) }));

async function plant(dataSource: DataSource): Promise<void> {
  const auction = (n: number, state: string) =>
    dataSource.query(
      `insert into auctions (auction_id, avs_id, mode, round, state, opens_at_ms, closes_at_ms, term_start_ms, term_end_ms,
         parameters) values ($1, $2, 'term', 0, $3, 1, 2, 3, 4, '{}')`,
      [toBytea(bytes(32, n)), toBytea(bytes(32, 0xaf)), state],
    );
  await auction(1, 'open');
  await auction(2, 'cleared');
  await dataSource.query(
    `update auctions set bid_count = 2, bids_root = $1, frozen_signature = $2, frozen_at_ms = 2, members = $3,
       member_count = 3, transcript = $4, transcript_root = $5, transcript_signature = $2 where auction_id = $6`,
    [
      toBytea(bytes(32, 9)),
      toBytea(bytes(96, 8)),
      packMembers(members),
      Buffer.from('{"a":"1"}'),
      Buffer.from(TranscriptRoot.serialize(transcriptRoot)),
      toBytea(bytes(32, 2)),
    ],
  );
  await dataSource.query('insert into receipt_batches (leaf_roots, signature) values ($1, $1)', [Buffer.alloc(1)]);
  await insertMany(dataSource, 'bids', {
    auction_id: { type: 'bytea', values: [1, 2].map(() => bytes(32, 2)) },
    seq: { type: 'integer', values: [1, 2] },
    bid_root: { type: 'bytea', values: [bytes(32, 77), bytes(32, 77)] },
    coprocessor: { type: 'bytea', values: [bytes(48, 1), bytes(48, 1)] },
    bid: { type: 'bytea', values: ['0x', '0x'] },
    at_ms: { type: 'bigint', values: [11, 12] },
    batch_id: { type: 'bigint', values: [1, 1] },
    batch_index: { type: 'integer', values: [0, 1] },
  });
  await dataSource.query(
    `insert into awards (auction_id, role, coprocessor, avs_id, owner, line_id, award_root, units, price_bps,
       term_start_ms, term_end_ms, signature)
     select $1, role, decode(lpad(to_hex(k), 96, '0'), 'hex'), $2, decode(lpad(to_hex(owner), 40, '0'), 'hex'), $2, $2,
       units, 500, 3, 4, $3
     from (values (0, 1, 1, 30), (0, 2, 1, 20), (0, 3, 2, 50), (1, 3, 2, 100)) as won (role, k, owner, units)`,
    [toBytea(bytes(32, 2)), toBytea(bytes(32, 0xaf)), toBytea(bytes(96, 1))],
  );
}

/** A fee of each of two operators for one owner. */
async function plantFees(dataSource: DataSource): Promise<void> {
  for (const n of [7, 8]) {
    await dataSource.query(
      `insert into fees (task_id, validator, role, auction_id, avs_id, operator, coprocessor, owner, fee_wei, escrowed, state,
         committed_at_ms, settled_at_ms)
       values ($1, $2, 0, $3, $4, $5, $6, $7, $8, true, 'due', 5, 6)`,
      [
        ...[bytes(32, 1), bytes(48, n - 3), bytes(32, 2), bytes(32, 0xaf), bytes(20, n), bytes(48, 1)].map(toBytea),
        toBytea(bytes(20, 1)),
        String(n),
      ],
    );
  }
}

/** One delivery of an open task and one of a closed one, and an outcome. */
async function plantWork(dataSource: DataSource): Promise<void> {
  await dataSource.query('insert into ciphertexts values ($1, $1)', [toBytea(bytes(32, 5))]);
  for (const [n, state] of [
    [1, 'open'],
    [2, 'closed'],
  ] as const) {
    const ids = [toBytea(bytes(32, n)), toBytea(bytes(32, 5))];
    await dataSource.query(
      `insert into tasks (task_id, avs_id, native_ref, input, input_root, created_at_ms, deadline_ms, state)
       values ($1, $2, $2, $2, $2, 1, 2, $3)`,
      [...ids, state],
    );
    await dataSource.query(
      `insert into deliveries (task_id, coprocessor, auction_id, role, seq, attestation_root, sealed_attestation, sealed_key,
         ciphertext_root, ciphertext_size, key_hash, state, verdict, at_ms, batch_id, batch_index)
       values ($1, $3, $2, 0, 1, $2, $2, $2, $2, 1, $2, 'refused', 'the root differs', 5, 1, 0)`,
      [...ids, toBytea(bytes(48, 1))],
    );
  }
  await dataSource.query(
    `insert into outcomes (task_id, validator, status, response_digest, reference, seq, outcome_root, signature, at_ms)
     values ($1, $2, 2, $3, $1, 1, $1, $1, 9)`,
    [toBytea(bytes(32, 1)), toBytea(bytes(48, 4)), Buffer.from(fromHex(`0x${'d1'.repeat(32)}`))],
  );
}

describe('HistoryRepository', () => {
  let database: TestDatabase;
  let history: HistoryRepository;

  beforeAll(async () => {
    database = await createTestDatabase();
    const dataSource = await database.connect();
    await plant(dataSource);
    await plantWork(dataSource);
    await plantFees(dataSource);
    history = new HistoryRepository(dataSource);
  });
  afterAll(() => database.drop());

  it('lists auctions with what is signed of them so far', async () => {
    const [cleared, open] = await history.auctions(page());
    expect(open).toMatchObject({ id: '1', state: 'open', frozen: null, frozen_at_ms: null, transcript_root: null });
    expect(cleared).toMatchObject({
      bids: 2,
      members: 3,
      term_end_ms: 4n,
      frozen: { message: { auction_id: bytes(32, 2), bids_root: bytes(32, 9), count: 2 }, signature: bytes(96, 8) },
      transcript_root: { message: transcriptRoot, signature: bytes(96, 8) },
    });
  });

  it('pages in both directions and narrows', async () => {
    const ids = async (more: Partial<HistoryPage>) => (await history.awards(page(more))).map(({ id }) => id);
    expect(await ids({ falling: false, limit: 2 })).toEqual(['1', '2']);
    expect(await ids({ falling: false, limit: 2, after: '2' })).toEqual(['3', '4']);
    expect(await ids({ after: '3' })).toEqual(['2', '1']);
    expect(await ids({ filters: { coprocessor: bytes(48, 3) } })).toEqual(['4', '3']);
    expect(await ids({ filters: { coprocessor: bytes(48, 3), auction_id: bytes(32, 1) } })).toEqual([]);
  });

  it('sums primary units by owner', async () => {
    const [auction, ...others] = await history.concentration(page());
    expect(others).toEqual([]);
    expect(auction?.units.toSorted()).toEqual([50, 50]);
  });

  it('keeps verdicts to itself until the task is over, and response digests for ever', async () => {
    const deliveries = await history.deliveries(page({ falling: false }));
    expect(deliveries.map(({ state, verdict }) => [state, verdict])).toEqual([
      ['refused', null],
      ['refused', 'the root differs'],
    ]);
    const outcomes = await history.outcomes(page({ filters: { validator: bytes(48, 4) } }));
    expect(outcomes).toEqual([
      { id: '2', task_id: bytes(32, 1), validator: bytes(48, 4), status: 2, reference: bytes(32, 1), at_ms: 9n },
    ]);
  });

  it('lists fees and narrows them by who pays and who is paid', async () => {
    const ids = async (filters: HistoryPage['filters']) => (await history.fees(page({ filters }))).map(({ id }) => id);
    expect(await history.fees(page({ filters: { operator: bytes(20, 7) } }))).toEqual([
      {
        ...{ id: '1', task_id: bytes(32, 1), auction_id: bytes(32, 2), avs_id: bytes(32, 0xaf) },
        ...{ validator: bytes(48, 4), operator: bytes(20, 7), coprocessor: bytes(48, 1), owner: bytes(20, 1) },
        ...{ role: 0, fee_wei: 7n, state: 'due', committed_at_ms: 5n, settled_at_ms: 6n },
      },
    ]);
    expect(await ids({ owner: bytes(20, 1) })).toEqual(['2', '1']);
    expect(await ids({ owner: bytes(20, 1), operator: bytes(20, 8) })).toEqual(['2']);
    expect(await ids({ owner: bytes(20, 2) })).toEqual([]);
  });

  it('publishes a cleared auction', async () => {
    const published = await history.published(bytes(32, 2));
    expect(Buffer.from(published!.transcript!.bytes).toString()).toBe('{"a":"1"}');
    expect(await history.published(bytes(32, 1))).toMatchObject({ frozen: null, transcript: null });
    expect(await history.published(bytes(32, 3))).toBeNull();
  });

  it('cuts pages of members out of the packed ones', async () => {
    expect(await history.members(bytes(32, 2), 1, 500)).toEqual([
      { id: '1', ...members[1] },
      { id: '2', ...members[2] },
    ]);
    expect(await history.members(bytes(32, 2), 0, 1)).toEqual([{ id: '0', ...members[0] }]);
    expect(await history.members(bytes(32, 2), 3, 1)).toEqual([]);
    expect(await history.members(bytes(32, 1), 0, 1)).toEqual([]);
  });

  it('finds the first of several receipts of a bid', async () => {
    expect(await history.firstBid(bytes(32, 2), bytes(32, 77))).toMatchObject({ seq: 1, at_ms: 11 });
    expect(await history.firstBid(bytes(32, 1), bytes(32, 77))).toBeNull();
    expect((await history.bids(bytes(32, 2), 1, 10)).map(({ seq }) => seq)).toEqual([2]);
    expect(await history.frozen(bytes(32, 1))).toBeNull();
    expect(await history.frozen(bytes(32, 3))).toBeUndefined();
  });
});
