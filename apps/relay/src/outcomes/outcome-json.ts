import type { ObservedResponse, StoredOutcome } from '@odf/persistence';
import { OutcomeStatus, type Hex } from '@odf/protocol';

type OutcomeJson = Record<string, string>;

/** The JSON of a report in `GET /relay/v1/data/outcomes`: the response digest is not part of it. */
export function reportedOutcome(
  id: string,
  { task_id, validator, status, reference, at_ms }: StoredOutcome,
): OutcomeJson {
  return {
    id: (2n * BigInt(id)).toString(),
    task_id,
    validator,
    status: status.toString(),
    reference,
    at_ms: at_ms.toString(),
  };
}

/** The same of what a plug-in observed of a validator's operator. */
export function observedOutcome(seen: ObservedResponse & { validator: Hex }): OutcomeJson {
  const status = seen.state === 'slashed' ? OutcomeStatus.slashed : OutcomeStatus.accepted;
  return {
    id: (2n * BigInt(seen.id) + 1n).toString(),
    task_id: seen.taskId,
    validator: seen.validator,
    status: status.toString(),
    reference: seen.transaction,
    at_ms: seen.atMs.toString(),
  };
}
