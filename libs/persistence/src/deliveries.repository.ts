import { Injectable } from '@nestjs/common';
import type { Hex } from '@odf/protocol';
import { DataSource } from 'typeorm';
import { fromBytea, toBytea, type QueryRunnerLike } from './columns.js';
import type { ReceiptPlace } from './receipts.repository.js';

/** Where a delivery stands. */
export type DeliveryState = 'received' | 'verified' | 'refused';

/** A payload in escrow: its attestation and key are sealed, its ciphertext stands apart. */
export interface DeliveryRecord extends ReceiptPlace {
  id: string;
  taskId: Hex;
  coprocessor: Hex;
  auctionId: Hex;
  role: number;
  seq: bigint;
  attestationRoot: Hex;
  sealedAttestation: Uint8Array;
  sealedKey: Uint8Array;
  ciphertextRoot: Hex;
  ciphertextSize: number;
  keyHash: Hex;
  state: DeliveryState;
  verdict: string | null;
  headerSignature: Hex | null;
  atMs: number;
  verifiedAtMs: number | null;
}

/** A delivery as it arrives. */
export type NewDelivery = Omit<DeliveryRecord, 'id' | 'state' | 'verdict' | 'headerSignature' | 'verifiedAtMs'> & {
  ciphertext: Uint8Array;
};

interface Row {
  id: string;
  task_id: Buffer;
  coprocessor: Buffer;
  auction_id: Buffer;
  role: number;
  seq: string;
  attestation_root: Buffer;
  sealed_attestation: Buffer;
  sealed_key: Buffer;
  ciphertext_root: Buffer;
  ciphertext_size: number;
  key_hash: Buffer;
  state: DeliveryState;
  verdict: string | null;
  header_signature: Buffer | null;
  at_ms: string;
  verified_at_ms: string | null;
  batch_id: string;
  batch_index: number;
}

/** Deliveries and their ciphertexts. */
@Injectable()
export class DeliveriesRepository {
  constructor(private readonly database: DataSource) {}

  /** Keeps a coprocessor's other deliveries out until the end of the transaction. */
  async lockCoprocessor(runner: QueryRunnerLike, coprocessor: Hex): Promise<void> {
    await runner.query('select pg_advisory_xact_lock($1, hashtext($2))', [DELIVERY_LOCK, coprocessor]);
  }

  /** The highest attestation seq of a coprocessor, -1 before the first. */
  async highestSeq(runner: QueryRunnerLike, coprocessor: Hex): Promise<bigint> {
    const [row] = (await runner.query(
      'select coalesce(max(seq), -1)::text as seq from deliveries where coprocessor = $1',
      [toBytea(coprocessor)],
    )) as [{ seq: string }];
    return BigInt(row.seq);
  }

  /** Stores a delivery, in the place of a refused one if there is one. */
  async upsert(runner: QueryRunnerLike, delivery: NewDelivery): Promise<void> {
    await runner.query('insert into ciphertexts (ciphertext_root, body) values ($1, $2)', [
      toBytea(delivery.ciphertextRoot),
      Buffer.from(delivery.ciphertext),
    ]);
    await runner.query(
      `insert into deliveries (task_id, coprocessor, auction_id, role, seq, attestation_root, sealed_attestation, sealed_key,
         ciphertext_root, ciphertext_size, key_hash, state, at_ms, batch_id, batch_index)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'received', $12, $13, $14)
       on conflict (task_id, coprocessor, role) do update set seq = excluded.seq, attestation_root = excluded.attestation_root,
         sealed_attestation = excluded.sealed_attestation, sealed_key = excluded.sealed_key,
         ciphertext_root = excluded.ciphertext_root, ciphertext_size = excluded.ciphertext_size,
         key_hash = excluded.key_hash, state = 'received', verdict = null, at_ms = excluded.at_ms,
         batch_id = excluded.batch_id, batch_index = excluded.batch_index
       where deliveries.state = 'refused'`,
      [
        toBytea(delivery.taskId),
        toBytea(delivery.coprocessor),
        toBytea(delivery.auctionId),
        delivery.role,
        delivery.seq.toString(),
        toBytea(delivery.attestationRoot),
        Buffer.from(delivery.sealedAttestation),
        Buffer.from(delivery.sealedKey),
        toBytea(delivery.ciphertextRoot),
        delivery.ciphertextSize,
        toBytea(delivery.keyHash),
        delivery.atMs,
        delivery.batchId,
        delivery.batchIndex,
      ],
    );
  }

  /** A coprocessor's delivery of a task under its award of a role. */
  async find(
    taskId: Hex,
    { coprocessor, role }: Pick<DeliveryRecord, 'coprocessor' | 'role'>,
    runner: QueryRunnerLike = this.database,
  ): Promise<DeliveryRecord | null> {
    const [row] = (await runner.query(
      'select * from deliveries where task_id = $1 and coprocessor = $2 and role = $3',
      [toBytea(taskId), toBytea(coprocessor), role],
    )) as Row[];
    return row ? record(row) : null;
  }

  /** All deliveries of a task. */
  async ofTask(taskId: Hex, runner: QueryRunnerLike = this.database): Promise<DeliveryRecord[]> {
    const rows = (await runner.query('select * from deliveries where task_id = $1 order by id', [
      toBytea(taskId),
    ])) as Row[];
    return rows.map(record);
  }

  /** Deliveries that wait for their check, oldest first. */
  async received(limit: number): Promise<DeliveryRecord[]> {
    const rows: Row[] = await this.database.query(
      `select * from deliveries where state = 'received' order by id limit $1`,
      [limit],
    );
    return rows.map(record);
  }

  /** Records a verdict on a delivery that still waits for one; false if another instance was first. */
  async judge(
    runner: QueryRunnerLike,
    delivery: Pick<DeliveryRecord, 'taskId' | 'coprocessor' | 'attestationRoot'>,
    judged: { state: 'verified' | 'refused'; verdict: string; headerSignature: Hex | null; atMs: number },
  ): Promise<boolean> {
    const rows = (await runner.query(
      `update deliveries set state = $4, verdict = $5, header_signature = $6, verified_at_ms = $7
       where task_id = $1 and coprocessor = $2 and attestation_root = $3 and state = 'received' returning id`,
      [
        toBytea(delivery.taskId),
        toBytea(delivery.coprocessor),
        toBytea(delivery.attestationRoot),
        judged.state,
        judged.verdict,
        judged.headerSignature && toBytea(judged.headerSignature),
        judged.atMs,
      ],
    )) as [unknown[], number];
    return rows[1] === 1;
  }

  /** A ciphertext's bytes. */
  async ciphertext(ciphertextRoot: Hex): Promise<Uint8Array | null> {
    const [row]: { body: Buffer }[] = await this.database.query(
      'select body from ciphertexts where ciphertext_root = $1',
      [toBytea(ciphertextRoot)],
    );
    return row ? new Uint8Array(row.body.buffer, row.body.byteOffset, row.body.byteLength) : null;
  }
}

/** Any number is fine as long as nothing else in the schema uses it. */
const DELIVERY_LOCK = 0x0df006;

function record(row: Row): DeliveryRecord {
  return {
    id: row.id,
    taskId: fromBytea(row.task_id),
    coprocessor: fromBytea(row.coprocessor),
    auctionId: fromBytea(row.auction_id),
    role: row.role,
    seq: BigInt(row.seq),
    attestationRoot: fromBytea(row.attestation_root),
    sealedAttestation: new Uint8Array(row.sealed_attestation),
    sealedKey: new Uint8Array(row.sealed_key),
    ciphertextRoot: fromBytea(row.ciphertext_root),
    ciphertextSize: row.ciphertext_size,
    keyHash: fromBytea(row.key_hash),
    state: row.state,
    verdict: row.verdict,
    headerSignature: row.header_signature && fromBytea(row.header_signature),
    atMs: Number(row.at_ms),
    verifiedAtMs: row.verified_at_ms === null ? null : Number(row.verified_at_ms),
    batchId: row.batch_id,
    batchIndex: row.batch_index,
  };
}
