import { OdfError, type Enrollment, type Hex, type TrustPolicy, type TrustTier } from '@odf/protocol';
import type { StoredEnrollment } from '@odf/persistence';

const FULL_BPS = 10_000;
const MAX_COVER_BPS = 9_000;
const MAX_COLLATERAL_KIND = 3;
const MAX_ASSURANCE = 3;

/** What is wrong with a policy, or null. */
export function policyFault({ max_fee_share_bps, tiers }: TrustPolicy): string | null {
  if (tiers.length === 0) return 'The policy has no tier.';
  if (max_fee_share_bps > FULL_BPS) return `max_fee_share_bps is more than ${FULL_BPS}.`;
  const faults = tiers.map(tierFault);
  const index = faults.findIndex((fault) => fault !== null);
  return index < 0 ? null : `tiers.${index}.${faults[index]}`;
}

function tierFault({ collateral, min_reputation_bps, assurance, discount_bps }: TrustTier): string | null {
  if (collateral.kind > MAX_COLLATERAL_KIND) return 'collateral.kind is not 0 to 3.';
  if (collateral.cover_bps > MAX_COVER_BPS) return `collateral.cover_bps is more than ${MAX_COVER_BPS}.`;
  if (min_reputation_bps > FULL_BPS) return `min_reputation_bps is more than ${FULL_BPS}.`;
  if (assurance > MAX_ASSURANCE) return 'assurance has other bits than 1 and 2.';
  if (discount_bps > FULL_BPS) return `discount_bps is more than ${FULL_BPS}.`;
  return null;
}

/** Whether the enrollment is over, or was signed to end it. */
export function isOver({ valid_until }: Pick<Enrollment, 'valid_until'>, nowMs: number): boolean {
  return valid_until * 1000n <= BigInt(nowMs);
}

/** Where an enrollment stands by its times alone; null leaves the answer to the AVS's membership. */
export function stateByTime(
  enrollment: Pick<StoredEnrollment, 'exited' | 'valid_from' | 'valid_until'>,
  nowMs: number,
): { state: 'pending' | 'exited'; reason: string } | null {
  if (isOver(enrollment, nowMs)) return { state: 'exited', reason: 'Its valid_until is over.' };
  if (enrollment.exited) return { state: 'exited', reason: 'The validator left.' };
  if (enrollment.valid_from * 1000n > BigInt(nowMs)) return { state: 'pending', reason: 'Its valid_from is to come.' };
  return null;
}

/** The enrollments of a batch, judged: one answer each, and the rows to write. */
export interface Judgement {
  result: (StoredEnrollment | OdfError)[];
  write: StoredEnrollment[];
}

/**
 * Judges enrollments whose signatures hold, in their order, each one seeing what the ones before it changed.
 *
 * An identical repeat gets its answer again; an end of time (`valid_until` ≤ now) lets go of the operator; an enrollment
 * that is over by the clock gives way to another validator's.
 */
export function judgeEnrollments(
  items: readonly StoredEnrollment[],
  known: readonly StoredEnrollment[],
  nowMs: number,
): Judgement {
  const book = new Book(known);
  const result = items.map((item) => judge(item, book, nowMs));
  return { result, write: book.changed() };
}

function judge(item: StoredEnrollment, book: Book, nowMs: number): StoredEnrollment | OdfError {
  const stored = book.of(item);
  if (stored?.enrollment_root === item.enrollment_root) return stored;
  if (stored && item.nonce <= stored.nonce) return new OdfError('ENROLLMENT_NONCE_STALE');
  if (isOver(item, nowMs)) {
    if (!stored) return new OdfError('ENROLLMENT_EXPIRED');
    return book.put({ ...item, exited: true });
  }
  if (item.valid_from >= item.valid_until) {
    return new OdfError('ENROLLMENT_EXPIRED', 'valid_from is not before valid_until.');
  }
  const holder = book.holderOf(item);
  if (holder && holder.validator_root !== item.validator_root) {
    if (!isOver(holder, nowMs)) return new OdfError('ENROLLMENT_OPERATOR_TAKEN');
    book.put({ ...holder, exited: true });
  }
  return book.put({ ...item, exited: false });
}

/** What is known while a batch is judged. */
class Book {
  readonly #byValidator = new Map<string, StoredEnrollment>();
  readonly #byOperator = new Map<string, StoredEnrollment>();
  readonly #changed = new Map<string, StoredEnrollment>();

  constructor(known: readonly StoredEnrollment[]) {
    for (const row of known) this.#note(row);
  }

  of(item: StoredEnrollment): StoredEnrollment | undefined {
    return this.#byValidator.get(validatorKey(item));
  }

  holderOf(item: StoredEnrollment): StoredEnrollment | undefined {
    return this.#byOperator.get(operatorKey(item));
  }

  put(row: StoredEnrollment): StoredEnrollment {
    this.#note(row);
    this.#changed.set(validatorKey(row), row);
    return row;
  }

  changed(): StoredEnrollment[] {
    return [...this.#changed.values()];
  }

  #note(row: StoredEnrollment): void {
    const before = this.#byValidator.get(validatorKey(row));
    if (before && this.#byOperator.get(operatorKey(before)) === before) this.#byOperator.delete(operatorKey(before));
    this.#byValidator.set(validatorKey(row), row);
    if (!row.exited) this.#byOperator.set(operatorKey(row), row);
  }
}

const validatorKey = ({ validator_root, avs_id }: { validator_root: Hex; avs_id: Hex }): string =>
  validator_root + avs_id;
const operatorKey = ({ operator, avs_id }: { operator: Hex; avs_id: Hex }): string => operator + avs_id;
