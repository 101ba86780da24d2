import { byteList, bytes20, bytes32, hexBytes, MAX_RESULT_BYTES } from '@odf/protocol';
import { z } from 'zod';

/** A signed response on its way to the AVS; the account and the task id make its idempotency key. */
export const ResponseSubmission = z.strictObject({
  task_id: bytes32.json,
  avs_id: bytes32.json,
  /** The operator's EVM account. */
  operator: bytes20.json,
  validator_root: bytes32.json.optional(),
  result: byteList(MAX_RESULT_BYTES).json,
  /** As `signResponse` makes it. */
  signature: hexBytes(128).json,
});
export type ResponseSubmission = z.output<typeof ResponseSubmission>;
