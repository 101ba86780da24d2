import { Injectable } from '@nestjs/common';
import type { Hex } from '@odf/protocol';
import { DataSource } from 'typeorm';
import { fromBytea, insertMany, toBytea, type QueryRunnerLike } from './columns.js';

/** Tasks that were handed over from a primary to its standbys: appended once, never taken back. */
@Injectable()
export class SwitchesRepository {
  constructor(private readonly database: DataSource) {}

  /** Hands a task over from primaries; of one primary the first time stays. */
  async insert(runner: QueryRunnerLike, taskId: Hex, primaries: readonly Hex[], atMs: number): Promise<void> {
    await insertMany(
      runner,
      'switches',
      {
        task_id: { type: 'bytea', values: primaries.map(() => taskId) },
        coprocessor: { type: 'bytea', values: primaries },
        at_ms: { type: 'bigint', values: primaries.map(() => atMs) },
      },
      { onConflict: '(task_id, coprocessor) do nothing' },
    );
  }

  /** Whether a task was handed over from a primary. */
  async has(taskId: Hex, primary: Hex, runner: QueryRunnerLike = this.database): Promise<boolean> {
    const rows = (await runner.query('select 1 from switches where task_id = $1 and coprocessor = $2', [
      toBytea(taskId),
      toBytea(primary),
    ])) as unknown[];
    return rows.length > 0;
  }

  /** The primaries that a task was handed over from. */
  async ofTask(taskId: Hex, runner: QueryRunnerLike = this.database): Promise<Set<Hex>> {
    const rows = (await runner.query('select coprocessor from switches where task_id = $1', [toBytea(taskId)])) as {
      coprocessor: Buffer;
    }[];
    return new Set(rows.map(({ coprocessor }) => fromBytea(coprocessor)));
  }

  /** How many tasks of an auction were handed over from a primary. */
  async countOf(auctionId: Hex, primary: Hex): Promise<number> {
    const [row]: [{ count: number }] = await this.database.query(
      `select count(*)::integer as count from switches join tasks on tasks.task_id = switches.task_id
       where tasks.auction_id = $1 and switches.coprocessor = $2`,
      [toBytea(auctionId), toBytea(primary)],
    );
    return row.count;
  }
}
