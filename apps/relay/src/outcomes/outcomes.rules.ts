import { OdfError, OutcomeStatus } from '@odf/protocol';
import type { StoredOutcome } from '@odf/persistence';
import type { ReputationKind } from '../reputation/reputation.service.js';

const known: ReadonlySet<number> = new Set(Object.values(OutcomeStatus));

/** Whether a status is one of the protocol's. */
export function isStatus(status: number): boolean {
  return known.has(status);
}

/** What an outcome says about the coprocessor; null where it speaks of the validator alone (submitted, abandoned). */
export function reputationKindOf(status: number): ReputationKind | null {
  switch (status) {
    case OutcomeStatus.accepted:
      return 'outcome_accepted';
    case OutcomeStatus.rejected:
      return 'outcome_rejected';
    case OutcomeStatus.slashed:
      return 'outcome_slashed';
    case OutcomeStatus.payload_invalid:
      return 'payload_invalid_reported';
    default:
      return null;
  }
}

/** What a validator's own report makes of its fee, where no plug-in observes the AVS; null while it may still be accepted. */
export function feeStateOf(status: number): 'due' | 'void' | null {
  if (status === OutcomeStatus.submitted) return null;
  return status === OutcomeStatus.accepted ? 'due' : 'void';
}

/** The outcomes of a batch, judged: one answer each, and the rows to write. */
export interface Judgement {
  result: (StoredOutcome | OdfError)[];
  write: StoredOutcome[];
}

/** Judges outcomes whose signatures hold, in their order: seq rises per task and validator, a repeat gets its answer again. */
export function judgeOutcomes(items: readonly StoredOutcome[], stored: readonly StoredOutcome[]): Judgement {
  const newest = new Map(stored.map((row) => [placeOf(row), row]));
  const write = new Map<string, StoredOutcome>();
  const result = items.map((item) => {
    const before = newest.get(placeOf(item));
    if (before?.outcome_root === item.outcome_root) return before;
    if (before && item.seq <= before.seq) return new OdfError('OUTCOME_SEQ_STALE');
    newest.set(placeOf(item), item);
    write.set(placeOf(item), item);
    return item;
  });
  return { result, write: [...write.values()] };
}

function placeOf({ task_id, validator }: StoredOutcome): string {
  return task_id + validator;
}
