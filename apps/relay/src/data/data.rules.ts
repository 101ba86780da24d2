import { historyTables, type HistoryFilter, type HistoryName, type HistoryPage } from '@odf/persistence';
import { lowerBound } from '@odf/market';
import type { ReputationScore as StoredScore } from '@odf/persistence';
import { OdfError, type HistoryQuery, type ReputationScore } from '@odf/protocol';

const ALL_FILTERS = [
  'avs_id',
  'auction_id',
  'task_id',
  'coprocessor',
  'validator',
  'operator',
  'owner',
] as const satisfies HistoryFilter[];
const MAX_ID = 2n ** 63n - 1n;
const DAY_MS = 86_400_000;
/** From the fixed point of reputations, 1e9, to basis points. */
const ONE_BPS = 100_000n;

/**
 * The page that a query asks of a history.
 *
 * @throws {OdfError} CURSOR_INVALID; REQUEST_MALFORMED naming a filter that this history does not have.
 */
export function pageOf(name: HistoryName, query: HistoryQuery): HistoryPage {
  const possible: readonly HistoryFilter[] = historyTables[name].filters;
  const filters: HistoryPage['filters'] = {};
  for (const filter of ALL_FILTERS) {
    const wanted = query[filter];
    if (wanted === undefined) continue;
    if (!possible.includes(filter)) {
      throw new OdfError('REQUEST_MALFORMED', `query.${filter}: ${name} cannot be filtered by it.`);
    }
    filters[filter] = wanted;
  }
  return {
    limit: query.limit,
    ...(query.cursor === undefined ? {} : { after: idOf(query.cursor) }),
    falling: query.order_by === '-id',
    filters,
  };
}

/**
 * The index behind a cursor in a list of `length` items, 0 without a cursor.
 *
 * @throws {OdfError} CURSOR_INVALID when no item has that index.
 */
export function indexBehind(cursor: string | undefined, length: number): number {
  if (cursor === undefined) return 0;
  const index = /^(?:0|[1-9]\d{0,8})$/.test(cursor) ? Number(cursor) : length;
  if (index >= length) throw new OdfError('CURSOR_INVALID');
  return index + 1;
}

/** How concentrated an auction's primary units are in the hands of few owners. */
export interface Concentration {
  units: number;
  owners: number;
  /** Herfindahl–Hirschman index, 0 to 10000, rounded down. */
  hhi: number;
  /** Share of the four largest owners in bps, rounded down. */
  c4_bps: number;
}

/** Concentration of units, given by owner; zeros where nothing was won. */
export function concentrationOf(unitsByOwner: readonly number[]): Concentration {
  const units = unitsByOwner.reduce((sum, count) => sum + count, 0);
  const owners = unitsByOwner.length;
  if (units === 0) return { units, owners, hhi: 0, c4_bps: 0 };
  const total = BigInt(units);
  const squares = unitsByOwner.reduce((sum, count) => sum + BigInt(count) ** 2n, 0n);
  const four = unitsByOwner
    .toSorted((a, b) => b - a)
    .slice(0, 4)
    .reduce((sum, count) => sum + count, 0);
  return {
    units,
    owners,
    hhi: Number((10_000n * squares) / total ** 2n),
    c4_bps: Number((10_000n * BigInt(four)) / total),
  };
}

function idOf(cursor: string): string {
  if (!/^[1-9]\d{0,18}$/.test(cursor) || BigInt(cursor) > MAX_ID) throw new OdfError('CURSOR_INVALID');
  return cursor;
}

/** Days since 1970 of a UTC day as it is written. */
export function dayOfIso(day: string): number {
  return Date.parse(`${day}T00:00:00Z`) / DAY_MS;
}

/** A stored score as it is published. */
export function scoreJson({ owner, day, live_r, live_s, safe_r, safe_s }: StoredScore): ReputationScore {
  const side = (r: bigint, s: bigint) => ({ r, s, lower_bound_bps: Number(lowerBound(r, s) / ONE_BPS) });
  const iso = new Date(day * DAY_MS).toISOString().slice(0, 10);
  return { owner, day: iso, live: side(live_r, live_s), safe: side(safe_r, safe_s) };
}
