import type { Hex } from '@odf/protocol';
import { fromBytea, toBytea } from './columns.js';

/** One signed transaction of an intent; wei, Unix ms. */
export interface StoredAttempt {
  kind: 'call' | 'void';
  nonce: number;
  hash: Hex;
  raw: Hex;
  maxFeePerGas: bigint;
  maxPriorityFeePerGas: bigint;
  block: bigint;
  signedAtMs: number;
  answer: 'taken' | 'underpriced' | 'spent' | 'unfunded' | 'unknown' | null;
}

/** An intent of a transaction as it is stored, in the form of the settlement's outbox; wei, Unix ms. */
export interface StoredTransaction {
  key: string;
  chainId: bigint;
  account: Hex;
  call: { to: Hex; data: Hex; value: bigint };
  notAfterMs: number | null;
  state: 'queued' | 'sent' | 'mined' | 'final' | 'failed';
  nonce: number | null;
  gas: bigint | null;
  attempts: StoredAttempt[];
  transaction: Hex | null;
  blockNumber: bigint | null;
  blockHash: Hex | null;
  status: 'success' | 'reverted' | null;
  reason: string | null;
  failures: number;
  queuedAtMs: number;
  dueAtMs: number;
  changedAtMs: number;
  version: number;
}

/** A row of `chain_transactions` as the driver reads it. */
export interface TransactionTableRow {
  key: string;
  chain_id: string;
  account: Buffer;
  target: Buffer;
  data: Buffer;
  value: string;
  not_after_ms: string | null;
  state: StoredTransaction['state'];
  nonce: string | null;
  gas: string | null;
  attempts: AttemptJson[];
  transaction: Buffer | null;
  block_number: string | null;
  block_hash: Buffer | null;
  status: StoredTransaction['status'];
  reason: string | null;
  failures: number;
  queued_at_ms: string;
  due_at_ms: string;
  changed_at_ms: string;
  version: number;
}

/** JSON knows no bigints: they are decimal text. */
type AttemptJson = {
  [K in keyof StoredAttempt]: StoredAttempt[K] extends bigint ? string : StoredAttempt[K];
};

type Write = (row: StoredTransaction) => unknown;

const writers: Readonly<Record<keyof TransactionTableRow, Write>> = {
  key: ({ key }) => key,
  chain_id: ({ chainId }) => chainId.toString(),
  account: ({ account }) => toBytea(account),
  target: ({ call }) => toBytea(call.to),
  data: ({ call }) => toBytea(call.data),
  value: ({ call }) => call.value.toString(),
  not_after_ms: ({ notAfterMs }) => notAfterMs,
  state: ({ state }) => state,
  nonce: ({ nonce }) => nonce,
  gas: ({ gas }) => orNull(gas, String),
  attempts: ({ attempts }) => JSON.stringify(attempts.map(attemptToJson)),
  transaction: ({ transaction }) => orNull(transaction, toBytea),
  block_number: ({ blockNumber }) => orNull(blockNumber, String),
  block_hash: ({ blockHash }) => orNull(blockHash, toBytea),
  status: ({ status }) => status,
  reason: ({ reason }) => reason,
  failures: ({ failures }) => failures,
  queued_at_ms: ({ queuedAtMs }) => queuedAtMs,
  due_at_ms: ({ dueAtMs }) => dueAtMs,
  changed_at_ms: ({ changedAtMs }) => changedAtMs,
  version: ({ version }) => version,
};

/** The columns that are written, the key first. */
export const dbColumns = Object.keys(writers) as (keyof TransactionTableRow)[];

/** A row's values in the order of {@link dbColumns}. */
export function valuesOf(row: StoredTransaction): unknown[] {
  return dbColumns.map((name) => writers[name](row));
}

/** Reads a row. */
export function transactionOf(row: TransactionTableRow): StoredTransaction {
  return {
    key: row.key,
    chainId: BigInt(row.chain_id),
    account: fromBytea(row.account),
    call: { to: fromBytea(row.target), data: fromBytea(row.data), value: BigInt(row.value) },
    notAfterMs: orNull(row.not_after_ms, Number),
    state: row.state,
    nonce: orNull(row.nonce, Number),
    gas: orNull(row.gas, BigInt),
    attempts: row.attempts.map(attemptFromJson),
    transaction: orNull(row.transaction, fromBytea),
    blockNumber: orNull(row.block_number, BigInt),
    blockHash: orNull(row.block_hash, fromBytea),
    status: row.status,
    reason: row.reason,
    failures: row.failures,
    queuedAtMs: Number(row.queued_at_ms),
    dueAtMs: Number(row.due_at_ms),
    changedAtMs: Number(row.changed_at_ms),
    version: row.version,
  };
}

function attemptToJson(attempt: StoredAttempt): AttemptJson {
  return {
    ...attempt,
    maxFeePerGas: attempt.maxFeePerGas.toString(),
    maxPriorityFeePerGas: attempt.maxPriorityFeePerGas.toString(),
    block: attempt.block.toString(),
  };
}

function attemptFromJson(json: AttemptJson): StoredAttempt {
  return {
    ...json,
    maxFeePerGas: BigInt(json.maxFeePerGas),
    maxPriorityFeePerGas: BigInt(json.maxPriorityFeePerGas),
    block: BigInt(json.block),
  };
}

function orNull<Given, Read>(value: Given | null, read: (value: Given) => Read): Read | null {
  return value === null ? null : read(value);
}
