import type { SubmissionReceipt } from '@odf/avs';
import type {
  AwardProof,
  DelegationItem,
  EnrollmentItem,
  Hex,
  Reveal,
  SignedCommitment,
  SignedHeader,
  SignedOutcome,
} from '@odf/protocol';
import type { VerifyLevel } from './policy.js';
import type { Refusal } from './refusal.js';
import type { RelayPin } from './relay-check.js';

/** Where a task stands for one validator; every step is durable before the next begins. */
export const steps = [
  /** Waits for a header. */
  'waiting',
  /** A header is fixed. */
  'headed',
  /** A commitment is signed. */
  'committed',
  /** Key and attestation are bought. */
  'revealed',
  /** The result is verified, or computed here. */
  'verified',
  /** The response is signed. */
  'signed',
  /** The AVS has answered. */
  'answered',
  /** Everything is reported. */
  'done',
  /** Refused, nothing more is signed. */
  'refused',
  /** Its time ran out before a commitment. */
  'expired',
  /** Its time ran out after a commitment. */
  'abandoned',
] as const;
/** A step of {@link steps}. */
export type Step = (typeof steps)[number];

/** A refusal, where and when. */
export interface TaskRefusal extends Refusal {
  relay: Hex;
  at_ms: number;
}

/** All that is known of one task of one validator. */
export interface TaskRecord {
  validator: Hex;
  avs_id: Hex;
  task_id: Hex;
  step: Step;
  /** When each step was reached; Unix milliseconds. */
  times: Partial<Record<Step, number>>;
  verify: VerifyLevel;
  refusals: TaskRefusal[];
  /** The relay that serves it, once a header is fixed or the result is computed. */
  relay?: Hex;
  award?: AwardProof;
  header?: SignedHeader;
  /** Chooses what a sample check looks at; drawn after the header was fixed. */
  seed?: Hex;
  deadline_ms?: bigint;
  commitment?: SignedCommitment;
  reveal?: Reveal;
  result?: Hex;
  digest?: Hex;
  signature?: Hex;
  /** Whether the response may have reached the AVS. */
  sent?: boolean;
  answer?: SubmissionReceipt;
  outcome?: SignedOutcome;
  /** Whether the relay has the outcome, or refused it. */
  reported?: 'taken' | string;
}

/** One award as it was judged. */
export interface AwardRecord {
  relay: Hex;
  validator: Hex;
  proof: AwardProof;
  refusal: Refusal | null;
  at_ms: number;
}

/** Two signed messages that contradict each other. */
export interface EvidenceRecord {
  code: 'AWARD_EQUIVOCATION' | 'HEADER_SWAPPED';
  relay: Hex;
  /** What both are about. */
  subject: Hex;
  first: unknown;
  second: unknown;
  at_ms: number;
}

/** What was signed for a task, for ever. */
export interface ProtectionRecord {
  avs_id: Hex;
  task_id: Hex;
  digest: Hex;
  at_ms: number;
}

/** Every kind of record of the store. */
export interface Records {
  relay: RelayPin;
  /** The last event seen at a relay. */
  cursor: string;
  enrollment: EnrollmentItem;
  delegation: DelegationItem;
  award: AwardRecord;
  header: SignedHeader;
  evidence: EvidenceRecord;
  task: TaskRecord;
  protection: ProtectionRecord;
}
