import { Injectable } from '@nestjs/common';
import type { Hex } from '@odf/protocol';
import { DataSource } from 'typeorm';
import { fromBytea, toBytea, type QueryRunnerLike } from './columns.js';

/** A signed batch of receipts: the roots of its leaves, 32 bytes each, and the relay's signature. */
export interface ReceiptBatchRecord {
  leafRoots: Uint8Array;
  signature: Hex;
}

/** Where a receipt stands. */
export interface ReceiptPlace {
  batchId: string;
  batchIndex: number;
}

/** Batches of receipts; a receipt itself is rebuilt from what it acknowledges and its place. */
@Injectable()
export class ReceiptsRepository {
  constructor(private readonly database: DataSource) {}

  /** Stores a batch in the caller's transaction and returns its id. */
  async insertBatch(runner: QueryRunnerLike, batch: ReceiptBatchRecord): Promise<string> {
    const rows = (await runner.query(
      'insert into receipt_batches (leaf_roots, signature) values ($1, $2) returning batch_id',
      [Buffer.from(batch.leafRoots), toBytea(batch.signature)],
    )) as [{ batch_id: string }];
    return rows[0].batch_id;
  }

  /** The batches with these ids. */
  async findBatches(ids: readonly string[]): Promise<Map<string, ReceiptBatchRecord>> {
    const rows: { batch_id: string; leaf_roots: Buffer; signature: Buffer }[] = await this.database.query(
      'select batch_id, leaf_roots, signature from receipt_batches where batch_id = any($1::bigint[])',
      [ids],
    );
    return new Map(
      rows.map((row) => [
        row.batch_id,
        { leafRoots: new Uint8Array(row.leaf_roots), signature: fromBytea(row.signature) },
      ]),
    );
  }
}
