import { Injectable } from '@nestjs/common';
import type { Hex } from '@odf/protocol';
import { DataSource, type EntityManager } from 'typeorm';
import { fromBytea, insertMany, toBytea, type QueryRunnerLike } from './columns.js';
import { inTurn } from './in-turn.js';
import { OutcomeRow } from './rows/outcome.row.js';

/** An outcome as a validator reported it. */
export interface StoredOutcome {
  task_id: Hex;
  validator: Hex;
  status: number;
  response_digest: Hex;
  reference: Hex;
  seq: bigint;
  outcome_root: Hex;
  signature: Hex;
  at_ms: number;
}

/** What identifies an outcome. */
export type OutcomePlace = Pick<StoredOutcome, 'task_id' | 'validator'>;

/** A task that outcomes may be reported of; `auction_id` is null until a term has taken it. */
export interface ReportableTask {
  task_id: Hex;
  avs_id: Hex;
  auction_id: Hex | null;
}

/** Reported outcomes, the newest of each task and validator. */
@Injectable()
export class OutcomesRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** The newest outcome that a validator reported of a task, or null. */
  find(taskId: Hex, validator: Hex): Promise<StoredOutcome | null> {
    return this.dataSource.getRepository(OutcomeRow).findOneBy({ task_id: taskId, validator });
  }

  /** Those of these tasks that exist, by id. */
  async tasks(taskIds: readonly Hex[]): Promise<Map<Hex, ReportableTask>> {
    const rows: { task_id: Buffer; avs_id: Buffer; auction_id: Buffer | null }[] = await this.dataSource.query(
      'select task_id, avs_id, auction_id from tasks where task_id = any($1::bytea[])',
      [taskIds.map(toBytea)],
    );
    return new Map(
      rows.map(({ task_id, avs_id, auction_id }) => [
        fromBytea(task_id),
        { task_id: fromBytea(task_id), avs_id: fromBytea(avs_id), auction_id: auction_id && fromBytea(auction_id) },
      ]),
    );
  }

  /** The coprocessor that a validator committed to last for a task, or null. */
  async committedTo(taskId: Hex, validator: Hex, runner: QueryRunnerLike): Promise<Hex | null> {
    const [row] = (await runner.query(
      'select coprocessor from commitments where task_id = $1 and validator = $2 order by role desc limit 1',
      [toBytea(taskId), toBytea(validator)],
    )) as { coprocessor: Buffer }[];
    return row ? fromBytea(row.coprocessor) : null;
  }

  /**
   * Lets `decide` see the known outcomes of these tasks and validators, writes what it says, and runs `afterwards` in the
   * same transaction with the id of each row written, in their order. One change at a time.
   */
  async change<T>(
    places: readonly OutcomePlace[],
    decide: (known: StoredOutcome[]) => { result: T; write: readonly StoredOutcome[] },
    afterwards: (manager: EntityManager, written: { id: string; outcome: StoredOutcome }[]) => Promise<void>,
  ): Promise<T> {
    return inTurn(this.dataSource, 'outcomes', ['all'], async (manager) => {
      const { result, write } = decide(await outcomesOf(manager, places));
      await afterwards(manager, await save(manager, write));
      return result;
    });
  }
}

function outcomesOf(manager: EntityManager, places: readonly OutcomePlace[]): Promise<OutcomeRow[]> {
  return manager
    .getRepository(OutcomeRow)
    .createQueryBuilder('row')
    .where(
      '(row.task_id, row.validator) in (select * from unnest(cast(:tasks as bytea[]), cast(:validators as bytea[])))',
      {
        tasks: places.map(({ task_id }) => toBytea(task_id)),
        validators: places.map(({ validator }) => toBytea(validator)),
      },
    )
    .getMany();
}

async function save(manager: EntityManager, rows: readonly StoredOutcome[]) {
  const column = (name: keyof StoredOutcome) => rows.map((row) => row[name]);
  const ids = await insertMany<{ id: string; task_id: Buffer; validator: Buffer }>(
    manager,
    'outcomes',
    Object.fromEntries(columns.map(([name, type]) => [name, { type, values: column(name) }])),
    {
      onConflict: `(task_id, validator) do update set ${columns
        .slice(2)
        .map(([name]) => `${name} = excluded.${name}`)
        .join(', ')}`,
      returning: ['id', 'task_id', 'validator'],
    },
  );
  const idOf = new Map(ids.map(({ id, task_id, validator }) => [fromBytea(task_id) + fromBytea(validator), id]));
  return rows.map((outcome) => ({ id: idOf.get(outcome.task_id + outcome.validator)!, outcome }));
}

const columns = [
  ['task_id', 'bytea'],
  ['validator', 'bytea'],
  ['status', 'smallint'],
  ['response_digest', 'bytea'],
  ['reference', 'bytea'],
  ['seq', 'numeric'],
  ['outcome_root', 'bytea'],
  ['signature', 'bytea'],
  ['at_ms', 'bigint'],
] as const satisfies readonly (readonly [keyof StoredOutcome, string])[];
