import { bytes20, bytes32, hexBytes, uint256, uint64 } from '@odf/protocol';
import { z } from 'zod';
import { outboxStates, type OutboxTransaction } from './intent.js';
import { sendAnswers } from './send-refusal.js';

const MAX_CALL_BYTES = 2 ** 20;
const bytes = hexBytes(MAX_CALL_BYTES).json;

const attempt = z.object({
  kind: z.enum(['call', 'void']),
  nonce: z.int(),
  hash: bytes32.json,
  raw: bytes,
  maxFeePerGas: uint256.json,
  maxPriorityFeePerGas: uint256.json,
  block: uint64.json,
  signedAtMs: z.int(),
  answer: z.enum(sendAnswers).nullable(),
});

const transaction = z.object({
  chainId: uint64.json,
  account: bytes20.json,
  key: z.string(),
  call: z.object({ to: bytes20.json, data: bytes, value: uint256.json }),
  notAfterMs: z.int().nullable(),
  state: z.enum(outboxStates),
  nonce: z.int().nullable(),
  gas: uint64.json.nullable(),
  attempts: z.array(attempt),
  transaction: bytes32.json.nullable(),
  blockNumber: uint64.json.nullable(),
  blockHash: bytes32.json.nullable(),
  status: z.enum(['success', 'reverted']).nullable(),
  reason: z.string().nullable(),
  failures: z.int(),
  queuedAtMs: z.int(),
  dueAtMs: z.int(),
  changedAtMs: z.int(),
  version: z.int(),
});

/** Writes a row as JSON text. */
export function encodeTransaction(row: OutboxTransaction): string {
  return JSON.stringify(z.encode(transaction, row));
}

/** Reads a row from JSON text; throws when it is none. */
export function decodeTransaction(text: string): OutboxTransaction {
  return z.decode(transaction, JSON.parse(text) as z.input<typeof transaction>);
}
