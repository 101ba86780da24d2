import { Injectable } from '@nestjs/common';
import type { Hex, TaskState } from '@odf/protocol';
import { DataSource } from 'typeorm';
import { fromBytea, toBytea, type QueryRunnerLike } from './columns.js';

/** A task without its input; Unix ms. */
export interface TaskRecord {
  id: string;
  taskId: Hex;
  avsId: Hex;
  nativeRef: Hex;
  inputRoot: Hex;
  createdAtMs: number;
  deadlineMs: number;
  auctionId: Hex | null;
  announcedAtMs: number | null;
  deliverByMs: number | null;
  /** End of the standby's grace. */
  switchUntilMs: number | null;
  commitByMs: number | null;
  state: TaskState;
  /** Whether each primary has delivered or was switched from. */
  decided: boolean;
  /** Whether its deliveries were judged. */
  settled: boolean;
}

/** A task as it arrives. */
export type NewTask = Pick<
  TaskRecord,
  'taskId' | 'avsId' | 'nativeRef' | 'inputRoot' | 'createdAtMs' | 'deadlineMs'
> & {
  input: Uint8Array;
  /** The block that created it; null where a request did. */
  createdBlock: bigint | null;
};

/** When a task is due. */
export type TaskWindows = { [K in 'announcedAtMs' | 'deliverByMs' | 'switchUntilMs' | 'commitByMs']: number };

interface Row {
  id: string;
  task_id: Buffer;
  avs_id: Buffer;
  native_ref: Buffer;
  input_root: Buffer;
  created_at_ms: string;
  deadline_ms: string;
  auction_id: Buffer | null;
  announced_at_ms: string | null;
  deliver_by_ms: string | null;
  switch_until_ms: string | null;
  commit_by_ms: string | null;
  state: TaskState;
  decided: boolean;
  settled: boolean;
}

const COLUMNS = `id, task_id, avs_id, native_ref, input_root, created_at_ms, deadline_ms, auction_id, announced_at_ms,
  deliver_by_ms, switch_until_ms, commit_by_ms, state, decided, settled`;

/** Tasks and their windows. */
@Injectable()
export class TasksRepository {
  constructor(private readonly database: DataSource) {}

  /** Stores a task; false if its id is known. */
  async insert(task: NewTask): Promise<boolean> {
    const rows: unknown[] = await this.database.query(
      `insert into tasks (task_id, avs_id, native_ref, input, input_root, created_at_ms, deadline_ms, created_block, state)
       values ($1, $2, $3, $4, $5, $6, $7, $8, 'waiting') on conflict do nothing returning id`,
      [
        toBytea(task.taskId),
        toBytea(task.avsId),
        toBytea(task.nativeRef),
        Buffer.from(task.input),
        toBytea(task.inputRoot),
        task.createdAtMs,
        task.deadlineMs,
        task.createdBlock?.toString() ?? null,
      ],
    );
    return rows.length === 1;
  }

  /** One task. */
  async find(taskId: Hex): Promise<TaskRecord | null> {
    const [row]: Row[] = await this.database.query(`select ${COLUMNS} from tasks where task_id = $1`, [
      toBytea(taskId),
    ]);
    return row ? record(row) : null;
  }

  /** A task's input. */
  async inputOf(taskId: Hex): Promise<Uint8Array | null> {
    const [row]: { input: Buffer }[] = await this.database.query('select input from tasks where task_id = $1', [
      toBytea(taskId),
    ]);
    return row ? new Uint8Array(row.input) : null;
  }

  /** The tasks of auctions, oldest first, at most `limit` in all. */
  async ofAuctions(auctionIds: readonly Hex[], limit: number): Promise<TaskRecord[]> {
    const rows: Row[] = await this.database.query(
      `select ${COLUMNS} from tasks where auction_id = any($1::bytea[]) order by id desc limit $2`,
      [auctionIds.map(toBytea), limit],
    );
    return rows.map(record).reverse();
  }

  /** Tasks of an AVS whose story is not over, oldest first. */
  async unsettled(avsId: Hex, limit: number): Promise<TaskRecord[]> {
    const rows: Row[] = await this.database.query(
      `select ${COLUMNS} from tasks where avs_id = $1 and not settled order by id limit $2`,
      [toBytea(avsId), limit],
    );
    return rows.map(record);
  }

  /** Whether an auction has tasks that are still open. */
  async hasOpen(auctionId: Hex): Promise<boolean> {
    const rows: unknown[] = await this.database.query(
      'select 1 from tasks where auction_id = $1 and not settled limit 1',
      [toBytea(auctionId)],
    );
    return rows.length > 0;
  }

  /** Hands a waiting task to an auction's term, or to nobody's for AVSs that need no coprocessor; false if it waits no more. */
  async announce(runner: QueryRunnerLike, taskId: Hex, auctionId: Hex | null, windows: TaskWindows): Promise<boolean> {
    const rows = (await runner.query(
      `update tasks set state = 'open', auction_id = $2, announced_at_ms = $3, deliver_by_ms = $4, switch_until_ms = $5,
         commit_by_ms = $6 where task_id = $1 and state = 'waiting' returning id`,
      [
        toBytea(taskId),
        auctionId && toBytea(auctionId),
        windows.announcedAtMs,
        windows.deliverByMs,
        windows.switchUntilMs,
        windows.commitByMs,
      ],
    )) as [unknown[], number];
    return rows[1] === 1;
  }

  /** Notes that it stands for each primary of a task whether it serves. */
  async decide(runner: QueryRunnerLike, taskId: Hex): Promise<void> {
    await runner.query('update tasks set decided = true where task_id = $1', [toBytea(taskId)]);
  }

  /** Ends a task's story; false if it has ended already. */
  async settle(runner: QueryRunnerLike, taskId: Hex, state: 'closed' | 'expired'): Promise<boolean> {
    const rows = (await runner.query(
      'update tasks set state = $2, settled = true where task_id = $1 and not settled returning id',
      [toBytea(taskId), state],
    )) as [unknown[], number];
    return rows[1] === 1;
  }

  /** Ends tasks whose creation the chain has dropped, nobody's fault; returns how many. */
  async orphan(avsId: Hex, fromBlock: bigint): Promise<number> {
    const [, count] = await this.database.query<[unknown[], number]>(
      `update tasks set state = 'orphaned', settled = true
       where avs_id = $1 and created_block >= $2 and not settled returning id`,
      [toBytea(avsId), fromBlock.toString()],
    );
    return count;
  }

  /** Takes an orphaned task up again where it was: another block has created it. */
  async revive(taskId: Hex, createdBlock: bigint): Promise<void> {
    await this.database.query(
      `update tasks set settled = false, created_block = $2,
         state = case when announced_at_ms is null then 'waiting' else 'open' end
       where task_id = $1 and state = 'orphaned'`,
      [toBytea(taskId), createdBlock.toString()],
    );
  }
}

function record(row: Row): TaskRecord {
  const ms = (text: string | null): number | null => (text === null ? null : Number(text));
  return {
    id: row.id,
    taskId: fromBytea(row.task_id),
    avsId: fromBytea(row.avs_id),
    nativeRef: fromBytea(row.native_ref),
    inputRoot: fromBytea(row.input_root),
    createdAtMs: Number(row.created_at_ms),
    deadlineMs: Number(row.deadline_ms),
    auctionId: row.auction_id && fromBytea(row.auction_id),
    announcedAtMs: ms(row.announced_at_ms),
    deliverByMs: ms(row.deliver_by_ms),
    switchUntilMs: ms(row.switch_until_ms),
    commitByMs: ms(row.commit_by_ms),
    state: row.state,
    decided: row.decided,
    settled: row.settled,
  };
}
