import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import {
  DataSource,
  type DataSourceOptions,
  type EntityManager,
  MigrationExecutor,
  type MigrationInterface,
  type QueryRunner,
} from 'typeorm';

/** A row: whatever TypeORM takes as an entity. */
export type RowClass = Extract<DataSourceOptions['entities'], readonly unknown[]>[number];

/** How {@link openDatabase} connects. */
export interface DatabaseOptions {
  /** `postgres://user:password@host:port/name`. */
  readonly url: string;
  readonly entities: readonly RowClass[];
  readonly migrations: readonly (new () => MigrationInterface)[];
  /** The most connections this process holds; 10 unless told. */
  readonly poolSize?: number;
  /** Milliseconds after which Postgres cancels a statement; 15,000 unless told. Migrations are exempt. */
  readonly statementTimeoutMs?: number;
  /** Milliseconds to wait for a connection, a new one or one from the full pool; 10,000 unless told. */
  readonly connectTimeoutMs?: number;
  /** Shown in `pg_stat_activity`. */
  readonly applicationName?: string;
  /** Learns of connections that broke while nobody was using them. */
  readonly onConnectionError?: (error: Error) => void;
}

/** The code is older than the database: another instance has already migrated it further. */
export class DatabaseNewerError extends Error {
  override readonly name = 'DatabaseNewerError';

  constructor(readonly unknownMigrations: readonly string[]) {
    super(
      `The database is newer than this program: it has the migrations ${unknownMigrations.join(', ')}, which this ` +
        'version does not know. Start the newer version, or revert those migrations with it first.',
    );
  }
}

/** Any number is fine as long as every version of the program uses the same one. */
const migrationLockKey = 0x0df0_0001;

/**
 * Connects and brings the schema up to date; several instances may start at once, one of them migrates.
 *
 * @throws {DatabaseNewerError} when the database has migrations that this code does not know.
 */
export async function openDatabase(options: DatabaseOptions): Promise<DataSource> {
  const dataSource = new DataSource({
    type: 'postgres',
    url: options.url,
    entities: [...options.entities],
    migrations: [...options.migrations],
    poolSize: options.poolSize ?? 10,
    connectTimeoutMS: options.connectTimeoutMs ?? 10_000,
    poolErrorHandler: options.onConnectionError ?? ignoreBrokenConnection,
    installExtensions: false,
    extra: poolSettings(options),
  });
  await dataSource.initialize();
  try {
    await migrate(dataSource);
  } catch (error) {
    await dataSource.destroy();
    throw error;
  }
  return dataSource;
}

/** How {@link inTransaction} runs. */
export interface TransactionOptions {
  /** `READ COMMITTED` unless told. */
  readonly isolation?: 'READ COMMITTED' | 'REPEATABLE READ' | 'SERIALIZABLE';
  /** How often a serialisation failure or deadlock is tried again before it is thrown; 5 unless told. */
  readonly retries?: number;
}

/**
 * Runs `work` in one transaction and commits, or rolls back and throws what it threw.
 *
 * `work` runs again, from the start, after a serialisation failure (40001) or a deadlock (40P01): it must have no
 * effect outside the database.
 */
export async function inTransaction<T>(
  dataSource: DataSource,
  work: (manager: EntityManager) => Promise<T>,
  { isolation = 'READ COMMITTED', retries = 5 }: TransactionOptions = {},
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await dataSource.transaction(isolation, work);
    } catch (error) {
      if (attempt >= retries || !isRetryable(error)) throw error;
      await delay(2 ** attempt);
    }
  }
}

/** The SQLSTATE of a failed statement, e.g. `23505` for a duplicate; undefined for any other error. */
export function sqlState(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, driverError } = error as Error & { code?: unknown; driverError?: { code?: unknown } };
  const state = driverError?.code ?? code;
  return typeof state === 'string' && /^[0-9A-Z]{5}$/.test(state) ? state : undefined;
}

/** Time by the database's clock, which all instances of a relay share. */
export class PostgresClock {
  private measuredOffsetMs = 0;

  /**
   * @param localNowMs - this machine's clock, in milliseconds since 1970.
   * @param elapsedMs - a clock that never jumps, for the length of a round trip.
   */
  constructor(
    private readonly database: { query(sql: string): Promise<unknown> },
    private readonly localNowMs: () => number = Date.now,
    private readonly elapsedMs: () => number = () => performance.now(),
  ) {}

  /** Milliseconds since 1970 by the database's clock as last measured; a whole number. */
  nowMs(): number {
    return Math.round(this.localNowMs() + this.measuredOffsetMs);
  }

  /** How far the database's clock is ahead of this machine's, in milliseconds; 0 before the first `refresh`. */
  get offsetMs(): number {
    return this.measuredOffsetMs;
  }

  /** Measures the offset anew by the fastest of `rounds` questions, and returns it. */
  async refresh(rounds = 5): Promise<number> {
    let fastest = Number.POSITIVE_INFINITY;
    let offset = this.measuredOffsetMs;
    for (let round = 0; round < rounds; round++) {
      const sample = await this.sample();
      // The error is at most half the round trip, so the fastest answer is the best one.
      if (sample.roundTripMs < fastest) [fastest, offset] = [sample.roundTripMs, sample.offsetMs];
    }
    this.measuredOffsetMs = offset;
    return offset;
  }

  private async sample(): Promise<{ roundTripMs: number; offsetMs: number }> {
    const [localMs, start] = [this.localNowMs(), this.elapsedMs()];
    const answer = await this.database.query('select extract(epoch from clock_timestamp()) * 1000 as ms');
    const roundTripMs = this.elapsedMs() - start;
    const databaseMs = Number((answer as [{ ms: string }])[0].ms);
    return { roundTripMs, offsetMs: databaseMs - (localMs + roundTripMs / 2) };
  }
}

async function migrate(dataSource: DataSource): Promise<void> {
  const runner = dataSource.createQueryRunner();
  try {
    await runner.query('set statement_timeout = 0');
    await runner.query('select pg_advisory_lock($1)', [migrationLockKey]);
    await refuseNewerDatabase(dataSource, runner);
    const executor = new MigrationExecutor(dataSource, runner);
    executor.transaction = 'each';
    await executor.executePendingMigrations();
    await runner.query('select pg_advisory_unlock($1)', [migrationLockKey]);
    await runner.query('reset statement_timeout');
  } finally {
    await runner.release();
  }
}

async function refuseNewerDatabase(dataSource: DataSource, runner: QueryRunner): Promise<void> {
  const executed = await new MigrationExecutor(dataSource, runner).getExecutedMigrations();
  const known = new Set(dataSource.migrations.map((migration) => migration.name ?? migration.constructor.name));
  const unknown = executed.map(({ name }) => name).filter((name) => !known.has(name));
  if (unknown.length > 0) throw new DatabaseNewerError(unknown);
}

function poolSettings({ statementTimeoutMs = 15_000, applicationName = 'odf', onConnectionError }: DatabaseOptions) {
  return {
    Client: class extends pg.Client {
      constructor(config?: pg.ClientConfig) {
        super(config);
        // TypeORM drops its own listener at the first error of a connection; a second one would end the process.
        this.on('error', onConnectionError ?? ignoreBrokenConnection);
      }
    },
    application_name: applicationName,
    statement_timeout: statementTimeoutMs,
    // A transaction whose owner hangs must not hold its locks for ever.
    idle_in_transaction_session_timeout: 2 * statementTimeoutMs,
    keepAlive: true,
  };
}

/** The statement that used the connection rejects; without one there is nobody to tell. */
function ignoreBrokenConnection(): void {
  return;
}

function isRetryable(error: unknown): boolean {
  const state = sqlState(error);
  return state === '40001' || state === '40P01';
}
