import { tablesOf, withDatabase } from './database.js';
import type { RelayProcess } from './relay-process.js';

/** Shortest run of bytes that counts as a leak. */
export const RUN_BYTES = 16;

/** Names a secret, so that a finding says what leaked without repeating it. */
export type Secrets = Readonly<Record<string, Uint8Array>>;

/** Every 16-byte run of a secret, under the bytes that a scan meets first; runs at all offsets. */
function runsOf(secrets: Secrets): Map<string, string> {
  const runs = new Map<string, string>();
  for (const [name, bytes] of Object.entries(secrets)) {
    const text = Buffer.from(bytes).toString('latin1');
    for (let at = 0; at + RUN_BYTES <= text.length; at++) runs.set(text.slice(at, at + RUN_BYTES), name);
  }
  return runs;
}

/** The bytes themselves, and what every run of hex or base64 digits in them stands for. */
function readings(bytes: Uint8Array): string[] {
  const text = Buffer.from(bytes).toString('latin1');
  const found = [text];
  for (const [run] of text.matchAll(/[0-9a-fA-F]{32,}/g)) {
    // A run may begin in the middle of a byte.
    for (const start of [0, 1]) found.push(Buffer.from(run.slice(start), 'hex').toString('latin1'));
  }
  for (const [run] of text.matchAll(/[0-9A-Za-z+/_-]{22,}/g)) {
    for (const start of [0, 1, 2, 3]) found.push(Buffer.from(run.slice(start), 'base64').toString('latin1'));
  }
  return found;
}

/** Looks for runs of secrets in whatever leaves a relay: raw, as hex and as base64. */
export class LeakSearch {
  readonly #runs: Map<string, string>;

  constructor(secrets: Secrets) {
    this.#runs = runsOf(secrets);
  }

  /** Names of the secrets of which 16 bytes or more stand in these bytes. */
  in(bytes: Uint8Array): string[] {
    const names = new Set<string>();
    for (const text of readings(bytes)) {
      for (let at = 0; at + RUN_BYTES <= text.length; at++) {
        const name = this.#runs.get(text.slice(at, at + RUN_BYTES));
        if (name !== undefined) names.add(name);
      }
    }
    return [...names].sort();
  }
}

/** Everything that Postgres holds, by `table.column`: bytes as they are, the rest as text. */
export function dumpColumns(relay: RelayProcess): Promise<Map<string, Buffer>> {
  return withDatabase(relay, async (client) => {
    const columns = new Map<string, Buffer>();
    for (const table of await tablesOf(client)) {
      const { rows, fields } = await client.query<Record<string, unknown>>(`select * from "${table}"`);
      for (const { name } of fields) {
        const cells = rows.flatMap(({ [name]: cell }) => [bytesOf(cell), Buffer.from('\n')]);
        columns.set(`${table}.${name}`, Buffer.concat(cells));
      }
    }
    return columns;
  });
}

function bytesOf(cell: unknown): Buffer {
  if (Buffer.isBuffer(cell)) return cell;
  return Buffer.from(typeof cell === 'string' ? cell : (JSON.stringify(cell) ?? ''));
}
