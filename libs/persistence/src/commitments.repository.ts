import { Injectable } from '@nestjs/common';
import type { Hex } from '@odf/protocol';
import { DataSource } from 'typeorm';
import { fromBytea, insertMany, toBytea, type QueryRunnerLike } from './columns.js';
import type { ReceiptPlace } from './receipts.repository.js';

/** A validator's durable commitment; wei, Unix ms. */
export interface CommitmentRecord extends ReceiptPlace {
  taskId: Hex;
  auctionId: Hex;
  role: number;
  validator: Hex;
  commitmentRoot: Hex;
  coprocessor: Hex;
  feeWei: bigint;
  /** The key that signed: the validator's or its delegate's. */
  signer: Hex;
  signature: Hex;
  atMs: number;
}

interface Row {
  task_id: Buffer;
  auction_id: Buffer;
  role: number;
  validator: Buffer;
  commitment_root: Buffer;
  coprocessor: Buffer;
  fee_wei: string;
  signer: Buffer;
  signature: Buffer;
  at_ms: string;
  batch_id: string;
  batch_index: number;
}

/** Commitments: at most one per (task, validator, role). */
@Injectable()
export class CommitmentsRepository {
  constructor(private readonly database: DataSource) {}

  /** A validator's commitments for a task, by role. */
  async find(taskId: Hex, validator: Hex): Promise<CommitmentRecord[]> {
    const rows: Row[] = await this.database.query(
      'select * from commitments where task_id = $1 and validator = $2 order by role',
      [toBytea(taskId), toBytea(validator)],
    );
    return rows.map(record);
  }

  /** Locks the commitments of these (task, validator) pairs that exist, and keeps others from making them at the same time. */
  async lock(runner: QueryRunnerLike, pairs: readonly { taskId: Hex; validator: Hex }[]): Promise<CommitmentRecord[]> {
    const keys = [...new Set(pairs.map(({ taskId, validator }) => `${taskId}${validator}`))].sort();
    await runner.query(
      'select pg_advisory_xact_lock($1, h) from (select distinct hashtext(k) as h from unnest($2::text[]) as k order by h) t',
      [COMMITMENT_LOCK, keys],
    );
    const rows = (await runner.query(
      `select * from commitments where (task_id, validator) in (select * from unnest($1::bytea[], $2::bytea[]))`,
      [pairs.map(({ taskId }) => toBytea(taskId)), pairs.map(({ validator }) => toBytea(validator))],
    )) as Row[];
    return rows.map(record);
  }

  /** Stores commitments; the primary key refuses a second one of a (task, validator, role). */
  async insert(runner: QueryRunnerLike, commitments: readonly CommitmentRecord[]): Promise<void> {
    await insertMany(runner, 'commitments', {
      task_id: { type: 'bytea', values: commitments.map(({ taskId }) => taskId) },
      auction_id: { type: 'bytea', values: commitments.map(({ auctionId }) => auctionId) },
      role: { type: 'smallint', values: commitments.map(({ role }) => role) },
      validator: { type: 'bytea', values: commitments.map(({ validator }) => validator) },
      commitment_root: { type: 'bytea', values: commitments.map(({ commitmentRoot }) => commitmentRoot) },
      coprocessor: { type: 'bytea', values: commitments.map(({ coprocessor }) => coprocessor) },
      fee_wei: { type: 'numeric', values: commitments.map(({ feeWei }) => feeWei.toString()) },
      signer: { type: 'bytea', values: commitments.map(({ signer }) => signer) },
      signature: { type: 'bytea', values: commitments.map(({ signature }) => signature) },
      at_ms: { type: 'bigint', values: commitments.map(({ atMs }) => atMs) },
      batch_id: { type: 'bigint', values: commitments.map(({ batchId }) => batchId) },
      batch_index: { type: 'integer', values: commitments.map(({ batchIndex }) => batchIndex) },
    });
  }
}

/** Any number is fine as long as nothing else in the schema uses it. */
const COMMITMENT_LOCK = 0x0df009;

function record(row: Row): CommitmentRecord {
  return {
    taskId: fromBytea(row.task_id),
    auctionId: fromBytea(row.auction_id),
    role: row.role,
    validator: fromBytea(row.validator),
    commitmentRoot: fromBytea(row.commitment_root),
    coprocessor: fromBytea(row.coprocessor),
    feeWei: BigInt(row.fee_wei),
    signer: fromBytea(row.signer),
    signature: fromBytea(row.signature),
    atMs: Number(row.at_ms),
    batchId: row.batch_id,
    batchIndex: row.batch_index,
  };
}
