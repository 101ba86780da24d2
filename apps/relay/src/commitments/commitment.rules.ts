import type { DeliveryRecord, TaskRecord } from '@odf/persistence';
import { OdfError, type Commitment } from '@odf/protocol';
import type { ValidatorAward } from '../awards/awards.service.js';

/**
 * Refuses a commitment that is not exactly the one that header and award call for.
 *
 * @throws {OdfError} COMMITMENT_MISMATCH naming the member, COMMITMENT_NO_HEADER.
 */
export function assertMatches(
  message: Commitment,
  award: ValidatorAward,
  delivery: DeliveryRecord | null,
): asserts delivery is DeliveryRecord {
  if (delivery?.state !== 'verified') throw new OdfError('COMMITMENT_NO_HEADER');
  const wrong =
    (message.auction_id !== delivery.auctionId && 'auction_id') ||
    (message.attestation_root !== delivery.attestationRoot && 'attestation_root') ||
    (message.fee_wei !== award.leaf.fee_wei && 'fee_wei');
  if (wrong)
    throw new OdfError('COMMITMENT_MISMATCH', `The commitment's ${wrong} is not that of the header and award.`);
}

/**
 * Refuses a commitment after the commit window.
 *
 * @throws {OdfError} COMMITMENT_TOO_LATE.
 */
export function assertInTime(task: TaskRecord, nowMs: number): void {
  if (nowMs > task.commitByMs!) throw new OdfError('COMMITMENT_TOO_LATE');
}

/**
 * Whether a payload's key may leave: once nobody could copy the result and still be on time, because the delivery window is over
 * or every primary has delivered (PROTOCOL.md, "Times").
 */
export function keyMayLeave(
  task: Pick<TaskRecord, 'deliverByMs'>,
  primaries: { awarded: number; verified: number },
  nowMs: number,
): boolean {
  return nowMs > task.deliverByMs! || primaries.verified >= primaries.awarded;
}
