import type { FeeState, Hex } from '@odf/protocol';
import type { AcceptedResponse } from '../settlement-ports.js';
import type { FeeRecord } from '../settlement-records.js';

/** A response may show so much later than the AVS's deadline: confirmations, and a node that was down; milliseconds. */
export const UNANSWERED_AFTER_MS = 3_600_000;

/** What is to become of a fee. */
export interface FeeVerdict {
  state: FeeState;
  reason?: string;
}

const exposed: FeeVerdict = { state: 'exposed' };

/** Judges a fee by what the AVS's contracts accepted of the operator. */
export function judgeByChain(fee: FeeRecord, accepted: AcceptedResponse | null, nowMs: number): FeeVerdict {
  if (accepted?.final) return judgeDigest(fee, accepted.digest);
  const lastMs = fee.deadline_ms + fee.challenge_ms + UNANSWERED_AFTER_MS;
  return !accepted && nowMs > lastMs ? { state: 'void', reason: 'no response was accepted for good' } : exposed;
}

function judgeDigest(fee: FeeRecord, digest: Hex): FeeVerdict {
  if (digest === fee.digest) return { state: 'due' };
  return { state: 'void', reason: 'another response than the attested one was accepted' };
}

/** Judges a fee by the answer of an AVS that no contract knows: `undefined` while it has not answered. */
export function judgeByAnswer(fee: FeeRecord, answer: 'accepted' | 'rejected' | undefined, nowMs: number): FeeVerdict {
  if (answer === 'rejected') return { state: 'void', reason: 'the AVS rejected the response' };
  if (answer === 'accepted') return nowMs >= fee.kept_at_ms + fee.challenge_ms ? { state: 'due' } : exposed;
  const lastMs = fee.deadline_ms + UNANSWERED_AFTER_MS;
  return nowMs > lastMs ? { state: 'void', reason: 'the AVS never answered' } : exposed;
}
