import type { AwardRecord, TaskRecord } from '@odf/persistence';
import { AwardRole, OdfError, sha256, type Attestation, type Delivery } from '@odf/protocol';

/** How far ahead of the relay's clock an attestation may be issued, in ms. */
const CLOCK_LEEWAY_MS = 2000n;

/**
 * Refuses a payload that is not the attested one, or larger than the AVS takes.
 *
 * @throws {OdfError} DELIVERY_TOO_LARGE, DELIVERY_PAYLOAD_MISMATCH.
 */
export function assertPayload(delivery: Delivery, limits: { resultBytes: number; witnessBytes: number }): void {
  const { message, result, witness } = delivery;
  if (result.length > limits.resultBytes || witness.length > limits.witnessBytes)
    throw new OdfError('DELIVERY_TOO_LARGE');
  if (sha256(result) !== message.result_root || sha256(witness) !== message.witness_root) {
    throw new OdfError('DELIVERY_PAYLOAD_MISMATCH');
  }
}

/**
 * Refuses an attestation that does not belong to the task and term of its award.
 *
 * @throws {OdfError} DELIVERY_TASK_MISMATCH, DELIVERY_INPUT_MISMATCH.
 */
export function assertTask(message: Attestation, task: TaskRecord): void {
  if (task.auctionId === null || task.auctionId !== message.auction_id) throw new OdfError('DELIVERY_TASK_MISMATCH');
  if (task.inputRoot !== message.input_root) throw new OdfError('DELIVERY_INPUT_MISMATCH');
}

/**
 * Refuses an attestation whose times break a rule.
 *
 * `expires_at_ms` must lie at least `claimTailMs` after `issued_at_ms`, so that a slash within the tail can still be claimed.
 *
 * @throws {OdfError} DELIVERY_TIMES_INVALID.
 */
export function assertTimes(message: Attestation, task: TaskRecord, nowMs: number, claimTailMs: number): void {
  const { issued_at_ms: issued, expires_at_ms: expires } = message;
  const tooEarly = issued < BigInt(task.createdAtMs);
  const tooLate = issued > BigInt(nowMs) + CLOCK_LEEWAY_MS;
  if (tooEarly || tooLate || expires < issued + BigInt(claimTailMs)) throw new OdfError('DELIVERY_TIMES_INVALID');
}

/** The last moment at which an award's holder may deliver a task, Unix ms: a standby has the grace too. */
export function deliverBy(task: TaskRecord, award: AwardRecord): number {
  return award.award.message.role === AwardRole.primary ? task.deliverByMs! : task.switchUntilMs!;
}
