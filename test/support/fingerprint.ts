import { tablesOf, withDatabase } from './database.js';
import type { RelayProcess } from './relay-process.js';

/** How many rows each table has, and a digest of all of them. */
export function fingerprint(relay: RelayProcess): Promise<Record<string, string>> {
  return withDatabase(relay, async (client) => {
    const selects = (await tablesOf(client)).map(
      (table) => `select '${table}' as name, count(*) || ' ' ||
        md5(coalesce(string_agg(md5(t::text), '' order by md5(t::text)), '')) as state from "${table}" t`,
    );
    const { rows } = await client.query<{ name: string; state: string }>(selects.join(' union all '));
    return Object.fromEntries(rows.map(({ name, state }) => [name, state]));
  });
}
