import { Injectable } from '@nestjs/common';
import type { Hex } from '@odf/protocol';
import { DataSource } from 'typeorm';
import { fromBytea, toBytea, type QueryRunnerLike } from './columns.js';

/** Why an owner wins nothing for a while: an operator was slashed for what its key attested. Unix ms. */
export interface Quarantine {
  owner: Hex;
  coprocessor: Hex;
  taskId: Hex;
  operator: Hex;
  fromMs: number;
  /** Null while a claim is pending. */
  untilMs: number | null;
}

/** Owners that win nothing until a slash is made good. */
@Injectable()
export class QuarantinesRepository {
  constructor(private readonly database: DataSource) {}

  /** Begins a quarantine; a known one of the same slash stays as it is. */
  async begin(runner: QueryRunnerLike, quarantine: Quarantine): Promise<void> {
    await runner.query(
      `insert into quarantines (owner, task_id, operator, coprocessor, from_ms, until_ms)
       values ($1, $2, $3, $4, $5, $6) on conflict do nothing`,
      [
        toBytea(quarantine.owner),
        toBytea(quarantine.taskId),
        toBytea(quarantine.operator),
        toBytea(quarantine.coprocessor),
        quarantine.fromMs,
        quarantine.untilMs,
      ],
    );
  }

  /** Sets the end of a slash's quarantine: null while its claim is pending. */
  async setEnd(
    runner: QueryRunnerLike,
    { taskId, operator }: { taskId: Hex; operator: Hex },
    untilMs: number | null,
  ): Promise<void> {
    await runner.query('update quarantines set until_ms = $3 where task_id = $1 and operator = $2', [
      toBytea(taskId),
      toBytea(operator),
      untilMs,
    ]);
  }

  /** The latest end of the quarantines that these owners are in at a moment, Unix ms; null while a claim is pending. */
  async endsOf(
    owners: readonly Hex[],
    atMs: number,
    runner: QueryRunnerLike = this.database,
  ): Promise<Map<Hex, number | null>> {
    const rows = (await runner.query(
      `select owner, bool_or(until_ms is null) as pending, max(until_ms)::text as until_ms from quarantines
       where owner = any($1::bytea[]) and (until_ms is null or until_ms > $2) group by owner`,
      [owners.map(toBytea), atMs],
    )) as { owner: Buffer; pending: boolean; until_ms: string | null }[];
    return new Map(rows.map(({ owner, pending, until_ms }) => [fromBytea(owner), pending ? null : Number(until_ms)]));
  }

  /** Every owner that is in quarantine at a moment. */
  async allOwners(atMs: number): Promise<Set<Hex>> {
    const rows: { owner: Buffer }[] = await this.database.query(
      'select distinct owner from quarantines where until_ms is null or until_ms > $1',
      [atMs],
    );
    return new Set(rows.map(({ owner }) => fromBytea(owner)));
  }
}
