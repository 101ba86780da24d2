import { reservedWei, type CoverHold, type CoverReservation } from '@odf/market';
import type { Hex } from '@odf/protocol';
import { createTestDatabase, type TestDatabase } from '@odf/testing';
import fc from 'fast-check';
import type { DataSource } from 'typeorm';
import { AwardsRepository } from './awards.repository.js';
import { toBytea } from './columns.js';

const bytes = (length: number, tag: number): Hex => `0x${tag.toString(16).padStart(length * 2, '0')}`;
const LINES = [1, 2, 3].map((tag) => bytes(32, tag));
const ms = fc.bigInt(0n, 50n);
const wei = fc.bigInt(1n, 2n ** 80n);
const line_id = fc.constantFrom(...LINES);
const reservations: fc.Arbitrary<CoverReservation[]> = fc.array(fc.record({ line_id, amount_wei: wei, until_ms: ms }), {
  maxLength: 12,
});
const holds: fc.Arbitrary<CoverHold[]> = fc.array(
  fc.record({ line_id, liability_wei: wei, reserved_until_ms: ms, over: fc.boolean() }),
  { maxLength: 12 },
);

let database: TestDatabase;
let dataSource: DataSource;
beforeAll(async () => {
  database = await createTestDatabase();
  dataSource = await database.connect();
});
afterAll(() => database.drop());

async function write(reserved: readonly CoverReservation[], held: readonly CoverHold[]): Promise<void> {
  await dataSource.query('truncate cover_reservations, slashes');
  const rows = reserved.map((row, index) => ({
    ...{ auctionId: bytes(32, index), lineId: row.line_id, role: 0 },
    ...{ amountWei: row.amount_wei, untilMs: Number(row.until_ms) },
  }));
  await new AwardsRepository(dataSource).reserve(dataSource, rows);
  for (const [index, hold] of held.entries()) {
    await dataSource.query(
      `insert into slashes (transaction, log_index, line_id, operator, task_id, avs_id, block_number, slashed_at_ms,
         liability_wei, reserved_until_ms, anchor, over_at_ms) values ($1, 0, $2, $3, $1, $1, 1, 1, $4, $5, 'done', $6)`,
      [
        ...[bytes(32, index), hold.line_id, bytes(20, 1)].map(toBytea),
        ...[hold.liability_wei.toString(), hold.reserved_until_ms.toString(), hold.over ? 1 : null],
      ],
    );
  }
}

it('tells what lines have promised by the rule of the cover ledger, whatever is stored', async () => {
  const repository = new AwardsRepository(dataSource);
  await fc.assert(
    fc.asyncProperty(reservations, holds, ms, async (reserved, held, atMs) => {
      await write(reserved, held);
      const told = await repository.reservedWei(LINES, Number(atMs));
      for (const line of LINES) {
        expect(told.get(line) ?? 0n).toBe(reservedWei(line, { reservations: reserved, holds: held }, atMs));
      }
    }),
    { numRuns: 60 },
  );
});
