import { Injectable } from '@nestjs/common';
import type { Hex } from '@odf/protocol';
import { DataSource } from 'typeorm';
import { fromBytea, insertMany, toBytea, type QueryRunnerLike } from './columns.js';

/** An owner's score at the end of a day, 1e9 fixed point. */
export interface ReputationScore {
  owner: Hex;
  /** Days since 1970. */
  day: number;
  live_r: bigint;
  live_s: bigint;
  safe_r: bigint;
  safe_s: bigint;
}

/** A score with what the next day is folded from: the good sides by operator. */
export interface FoldedReputation extends ReputationScore {
  shares: { live_r: ReadonlyMap<Hex, bigint>; safe_r: ReadonlyMap<Hex, bigint> };
}

interface Row {
  owner: Buffer;
  day: number;
  live_r: string;
  live_s: string;
  safe_r: string;
  safe_s: string;
  shares: Record<'live_r' | 'safe_r', Record<Hex, string>> | null;
}

/** Any number is fine as long as nothing else in the schema uses it. */
const FOLD_LOCK = 0x0df008;

/** Scores by owner and day. */
@Injectable()
export class ReputationScoresRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Keeps other foldings out until the end of the transaction. */
  async lock(runner: QueryRunnerLike): Promise<void> {
    await runner.query('select pg_advisory_xact_lock($1)', [FOLD_LOCK]);
  }

  /** The last day that is folded, days since 1970; null before the first. */
  async lastDay(runner: QueryRunnerLike = this.dataSource): Promise<number | null> {
    const [row] = (await runner.query('select max(day) as day from reputation_days')) as [{ day: number | null }];
    return row.day;
  }

  /** What the day after is folded from. */
  async foldedAt(day: number, runner: QueryRunnerLike): Promise<FoldedReputation[]> {
    const rows = (await runner.query('select * from reputation_scores where day = $1', [day])) as Row[];
    return rows.map((row) => ({ ...scoreOf(row), shares: sharesOf(row) }));
  }

  /** Stores a folded day; of the days before it only the scores stay. */
  async insertDay(
    runner: QueryRunnerLike,
    { day, atMs, folded }: { day: number; atMs: number; folded: readonly FoldedReputation[] },
  ): Promise<void> {
    await runner.query('insert into reputation_days (day, folded_at_ms) values ($1, $2)', [day, atMs]);
    await runner.query('update reputation_scores set shares = null where day < $1 and shares is not null', [day]);
    const column = (name: 'live_r' | 'live_s' | 'safe_r' | 'safe_s') => ({
      type: 'numeric' as const,
      values: folded.map((score) => score[name].toString()),
    });
    await insertMany(runner, 'reputation_scores', {
      owner: { type: 'bytea', values: folded.map(({ owner }) => owner) },
      day: { type: 'integer', values: folded.map(() => day) },
      live_r: column('live_r'),
      live_s: column('live_s'),
      safe_r: column('safe_r'),
      safe_s: column('safe_s'),
      shares: { type: 'jsonb', values: folded.map(({ shares }) => textOf(shares)) },
    });
  }

  /** Scores at the end of a day of these owners; those without a record are missing. */
  async at(day: number, owners: readonly Hex[]): Promise<Map<Hex, ReputationScore>> {
    const rows: Row[] = await this.dataSource.query(
      'select * from reputation_scores where day = $1 and owner = any($2::bytea[])',
      [day, owners.map(toBytea)],
    );
    return new Map(rows.map((row) => [fromBytea(row.owner), scoreOf(row)]));
  }

  /** A page of the scores at the end of a day, by rising owner, after one. */
  async page(query: {
    day: number;
    after: Hex | undefined;
    owner: Hex | undefined;
    limit: number;
  }): Promise<ReputationScore[]> {
    const rows: Row[] = await this.dataSource.query(
      `select * from reputation_scores where day = $1 and ($2::bytea is null or owner > $2)
         and ($3::bytea is null or owner = $3) order by owner limit $4`,
      [query.day, query.after ? toBytea(query.after) : null, query.owner ? toBytea(query.owner) : null, query.limit],
    );
    return rows.map(scoreOf);
  }
}

function scoreOf(row: Row): ReputationScore {
  return {
    owner: fromBytea(row.owner),
    day: row.day,
    live_r: BigInt(row.live_r),
    live_s: BigInt(row.live_s),
    safe_r: BigInt(row.safe_r),
    safe_s: BigInt(row.safe_s),
  };
}

function sharesOf({ shares, day }: Row): FoldedReputation['shares'] {
  if (!shares) throw new Error(`the shares of day ${day} are gone: a later day is folded`);
  const read = (side: Record<Hex, string>) =>
    new Map(Object.entries(side).map(([operator, amount]) => [operator as Hex, BigInt(amount)]));
  return { live_r: read(shares.live_r), safe_r: read(shares.safe_r) };
}

function textOf({ live_r, safe_r }: FoldedReputation['shares']): Record<string, Record<string, string>> {
  const written = (side: ReadonlyMap<Hex, bigint>) =>
    Object.fromEntries([...side].map(([operator, amount]) => [operator, amount.toString()]));
  return { live_r: written(live_r), safe_r: written(safe_r) };
}
