import { verifyHeader, type SignatureCheck } from '@odf/client';
import {
  Header,
  taskId,
  type Award,
  type AvsInfo,
  type Hex,
  type SignedHeader,
  type SigningContext,
  type TaskInfo,
} from '@odf/protocol';
import { refuse, type Refusal } from './refusal.js';

/** Bytes that framing, padding, nonce and tag add to result and witness at most. */
const FRAMING_BYTES = 3 * 4096;

/** What a header is judged against. */
export interface HeaderExpectation {
  relay: Hex;
  context: SigningContext;
  taskId: Hex;
  /** The awards of the task's auction, primary and standby. */
  awards: readonly Award[];
  limits: Pick<AvsInfo['limits'], 'result_bytes' | 'witness_bytes'>;
  /** The header that was fixed before for this task and coprocessor, if any. */
  fixed: SignedHeader | undefined;
}

/** Judges a header: the relay's signature, the award it belongs to, and that there is only one. */
export function checkHeader(header: SignedHeader, expected: HeaderExpectation, check: SignatureCheck): Refusal | null {
  if (!verifyHeader(header, expected.relay, expected.context, check)) return refuse('HEADER_SIGNATURE_INVALID');
  const { message } = header;
  if (message.task_id !== expected.taskId) return refuse('HEADER_MISMATCH', 'It is for another task.');
  if (expected.fixed && Header.root(expected.fixed.message) !== Header.root(message)) return refuse('HEADER_SWAPPED');
  const award = expected.awards.find(({ role }) => role === message.role);
  if (!award) return refuse('HEADER_MISMATCH', 'There is no award of its role.');
  if (message.auction_id !== award.auction_id || message.coprocessor !== award.coprocessor) {
    return refuse('HEADER_MISMATCH', 'Auction or coprocessor are not those of the award.');
  }
  const largest = expected.limits.result_bytes + expected.limits.witness_bytes + FRAMING_BYTES;
  return message.ciphertext_size > BigInt(largest)
    ? refuse('HEADER_MISMATCH', `The ciphertext is larger than the AVS takes (${largest} bytes).`)
    : null;
}

/** Judges a task as the relay tells it: its id must bind the AVS and the AVS's own reference. */
export function checkTask(task: TaskInfo, expected: { task_id: Hex; avs_id: Hex }): Refusal | null {
  const bound = task.avs_id === expected.avs_id && taskId(expected.avs_id, task.native_ref) === expected.task_id;
  return bound && task.task_id === expected.task_id ? null : refuse('TASK_MISMATCH');
}
