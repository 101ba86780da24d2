import type { ClaimEvidence, FeeState, Hex } from '@odf/protocol';

/** All that a claim for one signed response would need. */
export interface KeptEvidence {
  validator: Hex;
  task_id: Hex;
  avs_id: Hex;
  evidence: ClaimEvidence;
  /** The ciphertext that the evidence is about, which the task's key opens. */
  ciphertext_root: Hex;
  /** Until then the response may still be slashed and claimed for; Unix milliseconds. */
  keep_until_ms: number;
}

/** What this operator promised for one response. */
export interface FeeRecord {
  validator: Hex;
  task_id: Hex;
  avs_id: Hex;
  auction_id: Hex;
  operator: Hex;
  coprocessor: Hex;
  chain_id: bigint;
  settlement: Hex;
  fee_wei: bigint;
  /** What the coprocessor attested; only its acceptance makes the fee due. */
  digest: Hex;
  /** Unix milliseconds; a response that shows nowhere long after it was never accepted. */
  deadline_ms: number;
  challenge_ms: number;
  state: FeeState;
  kept_at_ms: number;
  settled_at_ms?: number;
  /** Of the coprocessor, once the fee is due. */
  owner?: Hex;
  /** Why it is void, or due without a voucher. */
  reason?: string;
}

/** The highest voucher of an operator for an owner. */
export interface VoucherRecord {
  chain_id: bigint;
  settlement: Hex;
  operator: Hex;
  owner: Hex;
  cumulative_wei: bigint;
  signature: Hex;
  /** By relay: the sum that it has taken. */
  posted: Record<Hex, bigint>;
  /** By relay: why it took none. */
  refused: Record<Hex, string>;
}

/** Where a claim stands: `wanted` asks the relay, `asked` waits for it, `filing` files here, the others are the contract's. */
export type ClaimStep =
  'wanted' | 'asked' | 'filing' | 'filed' | 'disputed' | 'finalised' | 'rejected' | 'vetoed' | 'failed';

/** A claim for a slashed response; every step of it is durable. */
export interface ClaimRecord {
  validator: Hex;
  operator: Hex;
  task_id: Hex;
  relay: Hex;
  transaction: Hex;
  log_index: number;
  /** The most that is asked; wei. */
  amount_wei: bigint;
  step: ClaimStep;
  seen_at_ms: number;
  /** When the relay took it. */
  asked_at_ms?: number;
  claim_id?: Hex;
  /** Who filed it. */
  via?: 'relay' | 'chain';
  /** What the contract holds for it; wei. */
  held_wei?: bigint;
  finalisable_at_ms?: number;
  /** What went wrong last. */
  reason?: string;
  /** Failures in a row. */
  failures: number;
  /** Not looked at before; Unix milliseconds. */
  next_at_ms: number;
}

const finalClaimSteps: readonly ClaimStep[] = ['finalised', 'rejected', 'vetoed', 'failed'];

/** Whether nothing more happens to a claim. */
export function isOver({ step }: Pick<ClaimRecord, 'step'>): boolean {
  return finalClaimSteps.includes(step);
}
