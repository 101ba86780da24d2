import { Injectable } from '@nestjs/common';
import type { Claim, Hex } from '@odf/protocol';
import { DataSource } from 'typeorm';
import { fromBytea, toBytea, type QueryRunnerLike } from './columns.js';

/** What a transaction does for a claim. */
export type ClaimTransactionKind = Claim['transactions'][number]['kind'];

/** A transaction that serves all slashes of a block on a line (`anchor`), or one claim, whose id is its subject. */
export interface ClaimTransaction {
  subject: Hex;
  kind: ClaimTransactionKind;
  /** Counts from 0: a transaction that failed stays failed under its key. */
  attempt: number;
  /** Of `chain_transactions`. */
  key: string;
}

/** The newest attempt and what became of it. */
export interface LatestAttempt {
  attempt: number;
  key: string;
  state: Claim['transactions'][number]['state'];
  reason: string | null;
}

/** Which transactions serve which slashes and claims. */
@Injectable()
export class ClaimTransactionsRepository {
  constructor(private readonly database: DataSource) {}

  /** Notes a transaction; returns false when another one has its place. */
  async record(runner: QueryRunnerLike, { subject, kind, attempt, key }: ClaimTransaction): Promise<boolean> {
    const rows = (await runner.query(
      `insert into claim_transactions (subject, kind, attempt, key) values ($1, $2, $3, $4)
       on conflict do nothing returning attempt`,
      [toBytea(subject), kind, attempt, key],
    )) as unknown[];
    return rows.length > 0;
  }

  /** The newest attempt of a kind; null before the first. */
  async latest(subject: Hex, kind: ClaimTransactionKind): Promise<LatestAttempt | null> {
    const [row]: LatestAttempt[] = await this.database.query(
      `select own.attempt, own.key, sent.state, sent.reason
       from claim_transactions own join chain_transactions sent on sent.key = own.key
       where own.subject = $1 and own.kind = $2 order by own.attempt desc limit 1`,
      [toBytea(subject), kind],
    );
    return row ?? null;
  }

  /** The transactions of these subjects, oldest first. */
  async of(subjects: readonly Hex[], runner: QueryRunnerLike = this.database): Promise<Claim['transactions']> {
    const rows = (await runner.query(
      `select own.kind, sent.state, sent.block_number, sent.transaction, sent.attempts->-1->>'hash' as newest
       from claim_transactions own join chain_transactions sent on sent.key = own.key
       where own.subject = any($1::bytea[]) order by sent.id`,
      [subjects.map(toBytea)],
    )) as Row[];
    return rows.map(({ kind, state, block_number, transaction, newest }) => ({
      kind,
      state,
      hash: transaction ? fromBytea(transaction) : newest,
      block_number: block_number === null ? null : BigInt(block_number),
    }));
  }
}

interface Row {
  kind: ClaimTransactionKind;
  state: LatestAttempt['state'];
  block_number: string | null;
  transaction: Buffer | null;
  /** Hash of the newest signed transaction. */
  newest: Hex | null;
}
