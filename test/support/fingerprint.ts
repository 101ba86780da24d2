import { queryDatabase, tablesOf } from './database.js';
import type { RelayProcess } from './relay-process.js';

/** How many rows each table has, and a digest of all of them. */
export async function fingerprint(relay: RelayProcess): Promise<Record<string, string>> {
  const tables = await tablesOf(relay);
  const selects = tables.map(
    (
      table,
    ) => `select '${table}' as name, count(*) || ' ' || md5(coalesce(string_agg(md5(t::text), '' order by md5(t::text)), '')) as state
      from "${table}" t`,
  );
  const rows = await queryDatabase<{ name: string; state: string }>(relay, selects.join(' union all '));
  return Object.fromEntries(rows.map(({ name, state }) => [name, state]));
}
