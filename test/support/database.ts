import pg from 'pg';
import type { RelayProcess } from './relay-process.js';

/** Asks a relay's own database, from outside. */
export async function queryDatabase<R extends object>(
  relay: RelayProcess,
  text: string,
  values: readonly unknown[] = [],
): Promise<R[]> {
  return withDatabase(relay, async (client) => (await client.query(text, [...values])).rows as R[]);
}

/** Runs work on one connection to a relay's own database. */
export async function withDatabase<T>(relay: RelayProcess, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: relay.databaseUrl() });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** The tables of a relay. */
export async function tablesOf(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select table_name as name from information_schema.tables where table_schema = 'public' order by 1`,
  );
  return rows.map(({ name }) => name);
}
