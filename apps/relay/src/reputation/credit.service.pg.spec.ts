import { CreditRepository, toBytea } from '@odf/persistence';
import type { Hex } from '@odf/protocol';
import { ManualClock } from '@odf/telemetry';
import { createTestDatabase, type TestDatabase } from '@odf/testing';
import type { DataSource } from 'typeorm';
import { CreditService } from './credit.service.js';

const DAY_MS = 86_400_000;
const bytes = (length: number, tag: number): Hex => `0x${tag.toString(16).padStart(length * 2, '0')}`;
const [OWNER, NOBODY] = [bytes(20, 1), bytes(20, 2)];
const FEE = 1_000n;

describe('credit', () => {
  const clock = new ManualClock();
  let database: TestDatabase;
  let dataSource: DataSource;
  let service: CreditService;
  beforeEach(async () => {
    database = await createTestDatabase();
    dataSource = await database.connect();
    service = new CreditService(new CreditRepository(dataSource), clock);
  });
  afterEach(() => database.drop());

  /** Fees of twenty operators, settled so many days ago. */
  async function earn(daysAgo: number, state = 'due'): Promise<void> {
    for (let operator = 0; operator < 20; operator++) {
      const at = clock.nowMs() - daysAgo * DAY_MS;
      await dataSource.query(
        `insert into fees (task_id, validator, role, auction_id, avs_id, operator, coprocessor, owner, fee_wei, escrowed, state,
           committed_at_ms, settled_at_ms) values ($1, $2, 0, $1, $1, $3, $2, $4, $5, false, $6, $7, $7)`,
        [
          ...[bytes(32, operator + 100 * daysAgo), bytes(48, operator), bytes(20, operator), OWNER].map(toBytea),
          String(FEE),
          state,
          at,
        ],
      );
    }
  }

  it('is what was earned of late, less what is at risk until it can be claimed no more', async () => {
    await earn(0);
    await earn(30);
    const free = async () => (await service.of([OWNER, NOBODY]))(OWNER);
    const earned = await free();
    expect([earned > 29n * FEE, earned <= 30n * FEE]).toEqual([true, true]);
    const untilMs = clock.nowMs() + 1_000;
    await dataSource.transaction((manager) =>
      service.expose(manager, [
        { auctionId: bytes(32, 1), owner: OWNER, amountWei: 5n * FEE, untilMs },
        { auctionId: bytes(32, 1), owner: NOBODY, amountWei: 0n, untilMs },
      ]),
    );
    expect(await free()).toBe(earned - 5n * FEE);
    clock.advance(1_000);
    expect(await free()).toBe(earned);
  });

  it('is nothing for what is exposed, void or nobody’s, and never below', async () => {
    await earn(1, 'void');
    const of = await service.of([OWNER, NOBODY]);
    expect([of(OWNER), of(NOBODY), of(bytes(20, 3))]).toEqual([0n, 0n, 0n]);
  });
});
