import { createHash, randomBytes } from 'node:crypto';
import { tmpdir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import {
  type DatabaseOptions,
  installJobs,
  openDatabase,
  persistenceSchema,
  shareEmbeddedPostgres,
} from '@odf/persistence';
import pg from 'pg';
import type { DataSource } from 'typeorm';

/** The rows and migrations of a test database. */
export type TestSchema = Pick<DatabaseOptions, 'entities' | 'migrations'>;

/** A database of one spec file. */
export interface TestDatabase {
  readonly url: string;
  /** Opens one more pool on the database; `drop` closes it. */
  connect(options?: Partial<DatabaseOptions>): Promise<DataSource>;
  /** Closes every pool of `connect` and drops the database, whoever is still connected. */
  drop(): Promise<void>;
}

/**
 * Makes an empty, migrated database by cloning a template that is migrated once for all spec files.
 *
 * It lives on the shared embedded test server, or on the server of `DATABASE_URL`, whose user must be allowed to create
 * databases; there one template a schema version stays behind.
 *
 * @example
 * const database = await createTestDatabase();
 * const dataSource = await database.connect();
 * afterAll(() => database.drop());
 */
export async function createTestDatabase(schema: TestSchema = persistenceSchema): Promise<TestDatabase> {
  const serverUrl = process.env['DATABASE_URL'] ?? (await shareEmbeddedPostgres(testServerFolder())).url;
  const template = await ensureTemplate(serverUrl, schema);
  const name = `odf_test_${randomBytes(8).toString('hex')}`;
  await withClient(serverUrl, (client) => client.query(`create database ${name} template ${template}`));
  const url = withDatabase(serverUrl, name);
  const opened: DataSource[] = [];
  return {
    url,
    connect: async (options = {}) => {
      const dataSource = await openDatabase({ url, poolSize: 5, ...schema, ...options });
      opened.push(dataSource);
      return dataSource;
    },
    drop: async () => {
      await Promise.all(opened.filter(({ isInitialized }) => isInitialized).map((dataSource) => dataSource.destroy()));
      await withClient(serverUrl, (client) => client.query(`drop database if exists ${name} with (force)`));
    },
  };
}

/** One server for this user and this checkout. */
function testServerFolder(): string {
  const repository = resolve(import.meta.dirname, '../../..');
  const key = createHash('sha256').update(repository).digest('hex').slice(0, 12);
  return join(tmpdir(), `odf-test-${userInfo().uid}-${key}`);
}

/** Any number is fine; it keeps two processes from making the same template. */
const templateLockKey = 0x0df0_0002;

/** The template is named after its migrations' sources: an edited migration gives a new one. */
async function ensureTemplate(serverUrl: string, schema: TestSchema): Promise<string> {
  const sources = schema.migrations.map((migration) => migration.toString()).join('\n');
  const name = `odf_template_${createHash('sha256').update(sources).digest('hex').slice(0, 16)}`;
  await withClient(serverUrl, async (client) => {
    await client.query('select pg_advisory_lock($1)', [templateLockKey]);
    const found = await client.query('select 1 from pg_database where datname = $1', [name]);
    if (found.rowCount === 1) return;
    // Migrated under another name first: a template that a killed process left half-done is never cloned.
    const draft = `${name}_draft`;
    await client.query(`drop database if exists ${draft} with (force)`);
    await client.query(`create database ${draft}`);
    const dataSource = await openDatabase({ url: withDatabase(serverUrl, draft), poolSize: 2, ...schema });
    await dataSource.destroy();
    await installJobs(withDatabase(serverUrl, draft));
    await client.query(`alter database ${draft} rename to ${name}`);
  });
  return name;
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function withDatabase(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}
