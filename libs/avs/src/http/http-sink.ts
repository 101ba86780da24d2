import { sha256, type Hex } from '@odf/protocol';

/** A signed response on its way to the AVS. */
export interface ResponseSubmission {
  task_id: Hex;
  avs_id: Hex;
  /** The operator's account; with the task id it is the idempotency key. */
  operator: Hex;
  validator_root?: Hex;
  result: Uint8Array;
  signature: Hex;
}

/** What the AVS said; a rejection is final. */
export interface SubmissionReceipt {
  status: 'accepted' | 'rejected';
  /** The AVS's 32-byte reference if it gave one, else the SHA-256 of its answer. */
  reference: Hex;
  /** Why it was rejected, in the AVS's words. */
  reason?: string;
}

/** Where a response goes; submitting the same again is harmless. */
export interface ResponseSink {
  submit(submission: ResponseSubmission, signal?: AbortSignal): Promise<SubmissionReceipt>;
}
