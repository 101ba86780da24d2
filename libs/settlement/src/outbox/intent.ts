import type { Hex } from '@odf/protocol';
import type { ChainCall } from '../claim-desk.js';
import type { SendAnswer } from './send-refusal.js';

/** What is to take effect on chain exactly once. */
export interface Intent {
  /** Names the intent: whatever is enqueued again under the same key is the same intent. */
  key: string;
  call: ChainCall;
  /** Unix ms after which it must not take effect any more; never when unset. */
  notAfterMs?: number | undefined;
}

/** The account that sends, on its chain: nonces are counted in one lane. */
export interface Lane {
  chainId: bigint;
  /** Lower case. */
  account: Hex;
}

/** `queued`: no nonce yet · `sent`: signed and stored, so it may be out · `mined`: in a block · `final`: so deep that it stays · `failed`: never, or without effect. */
export const outboxStates = ['queued', 'sent', 'mined', 'final', 'failed'] as const;
export type OutboxState = (typeof outboxStates)[number];

/** One signed transaction of an intent; wei, Unix ms. */
export interface Attempt {
  /** `void` spends the nonce on nothing, in place of the call. */
  kind: 'call' | 'void';
  nonce: number;
  hash: Hex;
  raw: Hex;
  maxFeePerGas: bigint;
  maxPriorityFeePerGas: bigint;
  /** The block that was the latest when it was signed. */
  block: bigint;
  signedAtMs: number;
  /** What a node said to it last; null before it is sent. */
  answer: SendAnswer | null;
}

/** An intent and all that was done about it. */
export interface OutboxTransaction extends Lane {
  key: string;
  call: ChainCall;
  notAfterMs: number | null;
  state: OutboxState;
  /** The nonce that it holds; null before it is signed, and after another transaction took it for good. */
  nonce: number | null;
  gas: bigint | null;
  /** All signed transactions, oldest first; any of them may be the one that is mined. */
  attempts: Attempt[];
  /** What is in the chain: its hash, block and outcome; null while nothing is. */
  transaction: Hex | null;
  blockNumber: bigint | null;
  blockHash: Hex | null;
  status: 'success' | 'reverted' | null;
  /** Why it failed or what it waits for; null when neither. */
  reason: string | null;
  /** How often in a row it could not be simulated. */
  failures: number;
  queuedAtMs: number;
  /** Not to be tried before; Unix ms. */
  dueAtMs: number;
  changedAtMs: number;
  /** Counts the changes, so that of two processes that change it one fails. */
  version: number;
}

/** The row that an intent starts as. */
export function newTransaction({ key, call, notAfterMs }: Intent, lane: Lane, nowMs: number): OutboxTransaction {
  return {
    ...lane,
    key,
    call: { to: call.to.toLowerCase() as Hex, data: call.data, value: call.value },
    notAfterMs: notAfterMs ?? null,
    state: 'queued',
    nonce: null,
    gas: null,
    attempts: [],
    transaction: null,
    blockNumber: null,
    blockHash: null,
    status: null,
    reason: null,
    failures: 0,
    queuedAtMs: nowMs,
    dueAtMs: nowMs,
    changedAtMs: nowMs,
    version: 0,
  };
}

/** Whether nothing more is to be done about it, short of a reorg below its depth. */
export function isSettled({ state }: OutboxTransaction): boolean {
  return state === 'final' || state === 'failed';
}

/** Whether it would take effect too late. */
export function isExpired({ notAfterMs }: OutboxTransaction, nowMs: number): boolean {
  return notAfterMs !== null && nowMs > notAfterMs;
}
