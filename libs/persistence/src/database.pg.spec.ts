import { Column, Entity, type MigrationInterface, PrimaryColumn, type QueryRunner } from 'typeorm';
import type { Hex } from '@odf/protocol';
import { createTestDatabase, type TestDatabase } from '../../testing/src/database.js';
import { hexColumn, insertMany, msColumn, uint64Column, weiColumn } from './columns.js';
import { DatabaseNewerError, inTransaction, openDatabase, PostgresClock, sqlState } from './database.js';

jest.setTimeout(60_000);

@Entity('things')
class ThingRow {
  @PrimaryColumn(hexColumn(4)) id: Hex;
  @Column(weiColumn()) wei: bigint;
  @Column(uint64Column()) nonce: bigint;
  @Column(msColumn({ name: 'at_ms', nullable: true })) atMs: number | null;
}

class Things1763800000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'create table things (id bytea primary key, wei numeric(78,0), nonce numeric(20,0), at_ms bigint)',
    );
  }
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table things');
  }
}

class Slow1763800000003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('select pg_sleep(0.5)');
  }
  down(): Promise<void> {
    return Promise.resolve();
  }
}

class Later1763800000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create table later ()');
  }
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table later');
  }
}

const entities = [ThingRow];
const migrations = [Things1763800000001];
const maxUint256 = 2n ** 256n - 1n;
const maxUint64 = 2n ** 64n - 1n;

describe('database', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase({ entities, migrations });
  });
  afterAll(() => database.drop());

  it('migrates once when several instances start at once, also longer than a statement may take', async () => {
    const fresh = await createTestDatabase({ entities: [], migrations: [] });
    const options = { migrations: [...migrations, Slow1763800000003], poolSize: 2, statementTimeoutMs: 200 };
    const instances = await Promise.all([1, 2, 3].map(() => fresh.connect(options)));
    const done = await instances[0]?.query<{ name: string }[]>('select name from migrations order by id');
    expect(done).toEqual([{ name: 'Things1763800000001' }, { name: 'Slow1763800000003' }]);
    await fresh.drop();
  });

  it('refuses a database that a newer version has migrated, and names what it does not know', async () => {
    const newer = await createTestDatabase({ entities, migrations: [...migrations, Later1763800000002] });
    const opening = openDatabase({ url: newer.url, entities, migrations });
    await expect(opening).rejects.toThrow(DatabaseNewerError);
    await expect(opening).rejects.toThrow(/Later1763800000002/);
    await newer.drop();
  });

  it('reads what it wrote, by row and by insertMany', async () => {
    const dataSource = await database.connect();
    const rows = dataSource.getRepository(ThingRow);
    await rows.insert({ id: '0x00000001', wei: maxUint256, nonce: maxUint64, atMs: null });
    const columns = {
      id: { type: 'bytea', values: ['0x00000001', '0x00000002', Buffer.from([0, 0, 0, 3])] },
      wei: { type: 'numeric', values: [0n, maxUint256, 1n] },
      nonce: { type: 'numeric', values: [0n, maxUint64, null] },
      at_ms: { type: 'bigint', values: [0, 1_763_800_000_000, null] },
    } as const;
    const options = { onConflict: 'do nothing', returning: ['id'] };
    const written = await insertMany<{ id: Buffer }>(dataSource, 'things', columns, options);
    expect(written.map(({ id }) => id.readUInt32BE()).sort()).toEqual([2, 3]);
    expect(await rows.findOneBy({ id: '0x00000001' })).toMatchObject({ wei: maxUint256, nonce: maxUint64, atMs: null });
    expect(await rows.findOneBy({ id: '0x00000002' })).toMatchObject({ wei: maxUint256, atMs: 1_763_800_000_000 });
    expect(await rows.findOneBy({ id: '0x00000003' })).toMatchObject({ wei: 1n, nonce: null });
  });

  it('rolls back a transaction that throws', async () => {
    const dataSource = await database.connect();
    const work = inTransaction(dataSource, async (manager) => {
      await manager.insert(ThingRow, { id: '0x000000aa', wei: 1n, nonce: 1n });
      throw new Error('no');
    });
    await expect(work).rejects.toThrow('no');
    expect(await dataSource.getRepository(ThingRow).existsBy({ id: '0x000000aa' })).toBe(false);
  });

  it('repeats transactions that cannot be serialised until all have counted', async () => {
    const dataSource = await database.connect({ poolSize: 4 });
    await dataSource.getRepository(ThingRow).insert({ id: '0x000000bb', wei: 0n, nonce: 0n });
    let runs = 0;
    let arrived = 0;
    let open = (): void => undefined;
    const gate = new Promise<void>((opened) => (open = opened));
    const count = () =>
      inTransaction(
        dataSource,
        async (manager) => {
          runs++;
          const row = await manager.findOneByOrFail(ThingRow, { id: '0x000000bb' });
          // All read before any writes, so that all but one must fail at their first run.
          if (++arrived === 4) open();
          await gate;
          await manager.update(ThingRow, { id: '0x000000bb' }, { wei: row.wei + 1n });
        },
        { isolation: 'SERIALIZABLE', retries: 20 },
      );
    await Promise.all([count(), count(), count(), count()]);
    const row = await dataSource.getRepository(ThingRow).findOneByOrFail({ id: '0x000000bb' });
    expect(row.wei).toBe(4n);
    expect(runs).toBeGreaterThanOrEqual(7);
  });

  it('does not repeat other failures', async () => {
    const dataSource = await database.connect();
    let runs = 0;
    const work = inTransaction(dataSource, (manager) => {
      runs++;
      return manager.query('select 1 / 0');
    });
    const error: unknown = await work.catch((thrown: unknown) => thrown);
    expect([sqlState(error), runs]).toEqual(['22012', 1]);
  });

  it('cancels a statement that takes too long', async () => {
    const dataSource = await database.connect({ statementTimeoutMs: 50 });
    const error: unknown = await dataSource.query('select pg_sleep(30)').catch((thrown: unknown) => thrown);
    expect(sqlState(error)).toBe('57014');
  });

  it('survives the loss of every connection, idle, asking or in a transaction', async () => {
    const lost: Error[] = [];
    const victim = await database.connect({
      applicationName: 'victim',
      onConnectionError: (error) => lost.push(error),
    });
    const killer = await database.connect();
    const asking = victim.query('select pg_sleep(30)').catch((error: unknown) => error);
    const idleInside = victim.createQueryRunner();
    await idleInside.startTransaction();
    const idle = [victim.query('select 1'), victim.query('select 2')];
    await Promise.all(idle);
    const victims = `from pg_stat_activity where application_name = 'victim'`;
    const killed = await killer.query<unknown[]>(`select pg_terminate_backend(pid, 5000) ${victims}`);
    expect(killed.length).toBeGreaterThanOrEqual(3);
    expect(await asking).toBeInstanceOf(Error);
    await expect(idleInside.query('select 1')).rejects.toThrow();
    await idleInside.release();
    expect(await victim.query('select 3 as three')).toEqual([{ three: 3 }]);
    expect(lost.length).toBeGreaterThan(0);
  });
});

describe('PostgresClock', () => {
  it('follows the database, whose clock is ahead, by the fastest of its questions', async () => {
    let local = 1_000_000;
    let elapsed = 0;
    const trips = [400, 10, 200];
    const database = {
      query: () => {
        const trip = trips.shift() ?? 0;
        // A slow answer is slow on the way back, which half the round trip misjudges.
        const answer = [{ ms: String(local + 5_000 + 5) }];
        elapsed += trip;
        local += trip;
        return Promise.resolve(answer);
      },
    };
    const clock = new PostgresClock(
      database,
      () => local,
      () => elapsed,
    );
    expect(clock.offsetMs).toBe(0);
    expect(await clock.refresh(3)).toBe(5_000);
    expect(clock.nowMs()).toBe(local + 5_000);
  });

  it('agrees with a real database on the same machine', async () => {
    const database = await createTestDatabase({ entities, migrations });
    const clock = new PostgresClock(await database.connect());
    expect(Math.abs(await clock.refresh())).toBeLessThan(100);
    await database.drop();
  });
});
