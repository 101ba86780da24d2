import { Injectable } from '@nestjs/common';
import type { Hex } from '@odf/protocol';
import { DataSource } from 'typeorm';
import { fromBytea, toBytea, type QueryRunnerLike } from './columns.js';

/** Where a response that was seen on its AVS stands: `accepted` once no challenge can come any more. */
export type ObservedState = 'responded' | 'accepted' | 'slashed';

/** An operator's response as the AVS's own source shows it; Unix ms. */
export interface ObservedResponse {
  id: string;
  taskId: Hex;
  operator: Hex;
  /** Whose operator it is at this relay; null for a stranger's. */
  validator: Hex | null;
  avsId: Hex;
  responseDigest: Hex;
  state: ObservedState;
  /** Where it happened: the response, or the slash. */
  transaction: Hex;
  blockNumber: bigint;
  atMs: number;
  /** From then on no challenge can come. */
  finalAtMs: number;
}

/** Responses that AVSs took, one per task and operator. */
@Injectable()
export class ObservedResponsesRepository {
  constructor(private readonly database: DataSource) {}

  /** Stores a response and returns it; null if the operator's is known. */
  async insert(
    runner: QueryRunnerLike,
    response: Omit<ObservedResponse, 'id' | 'state'>,
  ): Promise<ObservedResponse | null> {
    const [row] = (await runner.query(
      `insert into observed_responses
         (task_id, operator, validator, avs_id, response_digest, state, transaction, block_number, at_ms, final_at_ms)
       values ($1, $2, $3, $4, $5, 'responded', $6, $7, $8, $9)
       on conflict (task_id, operator) do nothing returning *`,
      [
        toBytea(response.taskId),
        toBytea(response.operator),
        response.validator && toBytea(response.validator),
        toBytea(response.avsId),
        toBytea(response.responseDigest),
        toBytea(response.transaction),
        response.blockNumber.toString(),
        response.atMs,
        response.finalAtMs,
      ],
    )) as Row[];
    return row ? responseOf(row) : null;
  }

  /** Moves a response on; returns it if it was in one of these states. */
  async move(
    runner: QueryRunnerLike,
    place: { taskId: Hex; operator: Hex },
    from: readonly ObservedState[],
    to: { state: ObservedState; transaction?: Hex },
  ): Promise<ObservedResponse | null> {
    const [row] = (await runner.query(
      `with moved as (
         update observed_responses set state = $4, transaction = coalesce($5, transaction)
         where task_id = $1 and operator = $2 and state = any($3::text[]) returning *
       ) select * from moved`,
      [
        toBytea(place.taskId),
        toBytea(place.operator),
        [...from],
        to.state,
        to.transaction ? toBytea(to.transaction) : null,
      ],
    )) as Row[];
    return row ? responseOf(row) : null;
  }

  /** Takes back what was seen in blocks that the chain has dropped. */
  async forgetFrom(runner: QueryRunnerLike, avsId: Hex, blockNumber: bigint): Promise<ObservedResponse[]> {
    const rows = (await runner.query(
      `with gone as (
         delete from observed_responses where avs_id = $1 and block_number >= $2 returning *
       ) select * from gone`,
      [toBytea(avsId), blockNumber.toString()],
    )) as Row[];
    return rows.map(responseOf);
  }

  /**
   * Responses whose challenge window is over at `nowMs` and was followed on their chain to its end, oldest first: while the
   * follower is behind, a challenge may stand in a block that nobody has looked at.
   */
  async finalBy(nowMs: number, limit: number): Promise<ObservedResponse[]> {
    const rows: Row[] = await this.database.query(
      `select observed_responses.* from observed_responses join avs_cursors using (avs_id)
       where state = 'responded' and final_at_ms <= $1 and final_at_ms <= followed_ms order by final_at_ms limit $2`,
      [nowMs, limit],
    );
    return rows.map(responseOf);
  }

  /** An operator's response to a task, or null. */
  async find(taskId: Hex, operator: Hex): Promise<ObservedResponse | null> {
    const [row]: Row[] = await this.database.query(
      'select * from observed_responses where task_id = $1 and operator = $2',
      [toBytea(taskId), toBytea(operator)],
    );
    return row ? responseOf(row) : null;
  }
}

interface Row {
  id: string;
  task_id: Buffer;
  operator: Buffer;
  validator: Buffer | null;
  avs_id: Buffer;
  response_digest: Buffer;
  state: string;
  transaction: Buffer;
  block_number: string;
  at_ms: string;
  final_at_ms: string;
}

function responseOf(row: Row): ObservedResponse {
  return {
    id: row.id,
    taskId: fromBytea(row.task_id),
    operator: fromBytea(row.operator),
    validator: row.validator && fromBytea(row.validator),
    avsId: fromBytea(row.avs_id),
    responseDigest: fromBytea(row.response_digest),
    state: row.state as ObservedState,
    transaction: fromBytea(row.transaction),
    blockNumber: BigInt(row.block_number),
    atMs: Number(row.at_ms),
    finalAtMs: Number(row.final_at_ms),
  };
}
