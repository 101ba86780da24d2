import pg from 'pg';
import type { RelayProcess } from './relay-process.js';

/** Asks a relay's own database, from outside. */
export async function queryDatabase<R extends object>(
  relay: RelayProcess,
  text: string,
  values: readonly unknown[] = [],
): Promise<R[]> {
  const client = new pg.Client({ connectionString: relay.databaseUrl() });
  await client.connect();
  try {
    return (await client.query(text, [...values])).rows as R[];
  } finally {
    await client.end();
  }
}

/** The tables of a relay. */
export async function tablesOf(relay: RelayProcess): Promise<string[]> {
  const rows = await queryDatabase<{ name: string }>(
    relay,
    `select table_name as name from information_schema.tables where table_schema = 'public' order by 1`,
  );
  return rows.map(({ name }) => name);
}
