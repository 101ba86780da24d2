import type { PluginConfig, SubmissionReceipt } from '@odf/avs';
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
import type { ClaimRecord, FeeRecord, KeptEvidence, VoucherRecord } from './settlement-records.js';

/** Where a task stands for one validator; every step is durable before the next begins. */
export const steps = [
  /** Lightweight AVSs: the result is computed here. */
  'computing',
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
  /** What a claim would need is kept, and the fee is noted. */
  'kept',
  /** The response is signed. */
  'signed',
  /** It ended; the relay is told how. */
  'reporting',
  /** The AVS has answered and the relay knows. */
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

/** Steps after which nothing more happens. */
export type FinalStep = 'done' | 'refused' | 'expired' | 'abandoned';
const finalSteps: readonly Step[] = ['done', 'refused', 'expired', 'abandoned'];

/** Whether nothing more happens after this step. */
export function isFinal(step: Step): step is FinalStep {
  return finalSteps.includes(step);
}

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
  /** The last moment to commit, as the relay first told it; Unix milliseconds. */
  commit_by_ms: number;
  refusals: TaskRefusal[];
  /** The relay that serves it, once a header is fixed or the result is computed. */
  relay?: Hex;
  award?: AwardProof;
  header?: SignedHeader;
  /** Chooses what a sample check looks at; drawn after the header was fixed. */
  seed?: Hex;
  /** The AVS's deadline. */
  deadline_ms?: bigint;
  /** How the response is signed and where it goes, as it stood when the task was taken. */
  plugin?: PluginConfig;
  commitment?: SignedCommitment;
  reveal?: Reveal;
  result?: Hex;
  digest?: Hex;
  signature?: Hex;
  answer?: SubmissionReceipt;
  /** How it ends once that is reported. */
  end?: FinalStep;
  /** The status of the outcome that the relay is told. */
  outcome_status?: number;
  outcome?: SignedOutcome;
  /** `taken`, or why the relay did not take the outcome. */
  reported?: string;
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

/** Where a task's record stands. */
export interface TaskPlace {
  validator: Hex;
  task_id: Hex;
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
  /** Tasks that are not final. */
  open: TaskPlace;
  /** Final tasks by the time of their end. */
  ended: TaskPlace;
  protection: ProtectionRecord;
  claim_evidence: KeptEvidence;
  fee: FeeRecord;
  /** Fees that are neither due nor void. */
  open_fee: TaskPlace;
  voucher: VoucherRecord;
  claim: ClaimRecord;
  /** By chain and settlement: up to where slashes were read. */
  slash_cursor: string;
}
