import type { ChainAccess, VerificationThread } from '@odf/avs';
import { sleep, type SignatureCheck } from '@odf/client';
import { OutcomeStatus, zeroHex, type Hex } from '@odf/protocol';
import type { Clock } from '@odf/telemetry';
import type { Logger } from 'pino';
import type { AwardBook } from './award-book.js';
import type { Ciphertexts } from './ciphertexts.js';
import type { EvidenceFiles } from './claims/evidence-files.js';
import type { HeaderBook } from './header-book.js';
import type { Validator } from './keys.js';
import type { SidecarMetrics } from './metrics.js';
import type { SlashingProtection } from './protection.js';
import { isFinal, type FinalStep, type Step, type TaskRecord } from './records.js';
import { RefusedError, type Refusal, type RefusalCode } from './refusal.js';
import type { RelaySession } from './relay-session.js';
import type { Change, Store } from './store.js';

/** What is done in each step that is not final. */
export type StepWork = Readonly<Record<Exclude<Step, FinalStep>, (flow: TaskFlow) => Promise<void>>>;

/** Everything that tasks share. */
export interface FlowDeps {
  work: StepWork;
  store: Store;
  awards: AwardBook;
  headers: HeaderBook;
  ciphertexts: Ciphertexts;
  evidence: EvidenceFiles;
  /** Whether payloads stay as long as the evidence about them. */
  keepPayloads: boolean;
  protection: SlashingProtection;
  verification: VerificationThread;
  sessions: ReadonlyMap<Hex, RelaySession>;
  check: SignatureCheck;
  /** By it responses to task managers are sent. */
  chain: ChainAccess | undefined;
  random: (length: number) => Uint8Array;
  clock: Clock;
  metrics: SidecarMetrics;
  log: Logger;
  /** Longest wait of one header request, milliseconds. */
  headerWaitMs: number;
}

/** Refusals after a commitment that are not the payload's fault: the validator merely gave up. */
const notThePayload: readonly RefusalCode[] = ['RECEIPT_INVALID', 'PROTECTION_CONFLICT', 'INPUT_MISMATCH'];

/** One task of one validator: a state machine whose every step is durable, so that it goes on after a kill at any moment. */
export class TaskFlow {
  #record: TaskRecord;

  constructor(
    readonly deps: FlowDeps,
    readonly validator: Validator,
    record: TaskRecord,
    readonly signal: AbortSignal,
  ) {
    this.#record = record;
  }

  get record(): Readonly<TaskRecord> {
    return this.#record;
  }

  /**
   * The relay that serves this task.
   *
   * @throws {Error} when it is none of this sidecar's relays any more, or not ready yet.
   */
  get session(): RelaySession {
    const session = this.#record.relay && this.deps.sessions.get(this.#record.relay);
    if (!session?.isUsable) throw new Error(`the relay of task ${this.#record.task_id} is not ready`);
    return session;
  }

  /** A part of the record that its step has already filled in. */
  need<K extends keyof TaskRecord>(member: K): NonNullable<TaskRecord[K]> {
    const value = this.#record[member];
    if (value === undefined || value === null) throw new Error(`task ${this.#record.task_id} has no ${member}`);
    return value;
  }

  /** Works until the task is final. */
  async run(): Promise<void> {
    for (let { step } = this.#record; !isFinal(step); { step } = this.#record) {
      const startedMs = this.deps.clock.nowMs();
      try {
        await this.deps.work[step](this);
        this.deps.metrics.stageSeconds.observe({ stage: step }, (this.deps.clock.nowMs() - startedMs) / 1000);
      } catch (error) {
        if (!(error instanceof RefusedError)) throw error;
        await this.refuse(error.refusal, error.relay ?? this.#record.relay);
      }
    }
  }

  /** Makes a step durable, with all that it brought. */
  async advance(step: Step, brought: Partial<TaskRecord> = {}, more: readonly Change[] = []): Promise<void> {
    const now = this.deps.clock.nowMs();
    const next = { ...this.#record, ...brought, step, times: { ...this.#record.times, [step]: now } };
    await this.deps.store.putTask(next, now, more);
    this.#record = next;
    this.deps.metrics.stepsTotal.inc({ step });
    this.deps.log.info({ task_id: next.task_id, validator: next.validator, step }, 'task goes on');
  }

  /** Notes a refusal: before a commitment another relay may still serve, after it the relay is told. */
  async refuse(refusal: Refusal, relay: Hex | undefined): Promise<void> {
    const noted = { ...refusal, relay: relay ?? zeroHex(48), at_ms: this.deps.clock.nowMs() };
    const refusals = [...this.#record.refusals, noted];
    const { task_id, validator, commitment, step } = this.#record;
    this.deps.metrics.refusalsTotal.inc({ code: refusal.code });
    this.deps.log.warn({ task_id, validator, code: refusal.code, detail: refusal.detail }, 'refused');
    if (step === 'committed') return this.advance('refused', { refusals });
    if (commitment) {
      const status = notThePayload.includes(refusal.code) ? OutcomeStatus.abandoned : OutcomeStatus.payload_invalid;
      return this.conclude('refused', status, { refusals });
    }
    const others = this.deps.awards.candidates(validator, task_id).some((one) => !isRefused(refusals, one.session));
    return this.advance(others ? 'waiting' : 'refused', { refusals });
  }

  /** Ends the task; the relay that served it, if one did, is told the outcome. */
  async conclude(end: FinalStep, outcome_status: number, brought: Partial<TaskRecord> = {}): Promise<void> {
    if (!this.#record.award) return this.advance(end, brought);
    return this.advance('reporting', { ...brought, end, outcome_status });
  }

  /** Waits, ending at once when the sidecar stops. */
  async pause(ms: number): Promise<void> {
    await sleep(ms, this.signal);
  }
}

/** Whether a relay was refused for a task. */
export function isRefused(refusals: TaskRecord['refusals'], session: RelaySession): boolean {
  return refusals.some(({ relay }) => relay === session.pubkey);
}
