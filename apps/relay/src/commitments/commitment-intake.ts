import { Inject, Injectable } from '@nestjs/common';
import { SignatureVerifier } from '@odf/bls';
import {
  CommitmentsRepository,
  inTransaction,
  type CommitmentRecord,
  type NewFee,
  type QueryRunnerLike,
} from '@odf/persistence';
import {
  Commitment,
  keyRoot,
  OdfError,
  ReceiptKind,
  type Hex,
  type Receipt,
  type SignedCommitment,
} from '@odf/protocol';
import { type Clock } from '@odf/telemetry';
import { DataSource } from 'typeorm';
import { GroupCommit, type GroupAnswer } from '../core/group-commit.js';
import { RelaySigner } from '../core/relay-signer.js';
import { FeesService } from '../fees/fees.service.js';
import { ReceiptsService } from '../receipts/receipts.service.js';
import { RelayMetrics } from '../relay.metrics.js';
import { CLOCK } from '../relay.tokens.js';

/** A commitment that fits its header and award, and whose signature holds. */
export interface CheckedCommitment {
  commitment: SignedCommitment;
  role: number;
  /** The key that must have signed. */
  signer: Hex;
  payment: FeePayment;
}

/** Who pays whom for a commitment, and whether from the operator's escrow. */
export type FeePayment = Pick<NewFee, 'avs_id' | 'operator' | 'owner' | 'escrowed'>;

const MAX_BATCH = 512;
const MAX_WAITING = 16_384;

/** Makes commitments durable, many in one transaction. */
@Injectable()
export class CommitmentIntake {
  readonly #group: GroupCommit<CheckedCommitment, CommitmentRecord>;

  constructor(
    private readonly database: DataSource,
    private readonly commitments: CommitmentsRepository,
    private readonly verifier: SignatureVerifier,
    private readonly signer: RelaySigner,
    private readonly receipts: ReceiptsService,
    private readonly fees: FeesService,
    metrics: RelayMetrics,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.#group = new GroupCommit((items) => this.#write(items), {
      maxBatch: MAX_BATCH,
      maxWaiting: MAX_WAITING,
      onBatch: (_, seconds) => metrics.commitmentCommit.observe(seconds),
    });
  }

  /**
   * Waits until a commitment is durable, and returns it or the identical one that was first.
   *
   * @throws {OdfError} COMMITMENT_CONFLICT, COMMITMENT_ESCROW_EXCEEDED.
   */
  commit(commitment: CheckedCommitment): Promise<CommitmentRecord> {
    return this.#group.submit(commitment);
  }

  /**
   * Whether a commitment is signed by the key that must have signed it.
   *
   * The verifier gathers signatures over one signing root into one randomised aggregate.
   */
  isSigned({ commitment, signer }: Pick<CheckedCommitment, 'commitment' | 'signer'>): Promise<boolean> {
    const signingRoot = this.signer.signingRoot(Commitment, commitment.message);
    return this.verifier.verify({ pubkey: signer, signingRoot, signature: commitment.signature });
  }

  /** Waits until nothing waits. */
  drain(): Promise<void> {
    return this.#group.drain();
  }

  #write(items: CheckedCommitment[]): Promise<GroupAnswer<CommitmentRecord>[]> {
    return inTransaction(this.database, async (runner) => {
      const known = await this.#lock(runner, items);
      const atMs = this.clock.nowMs();
      const fresh: CheckedCommitment[] = [];
      const answers = items.map((item): GroupAnswer<CommitmentRecord> => {
        const record = recordOf(item, atMs);
        const first = known.get(slotOf(record));
        if (first) return first.commitmentRoot === record.commitmentRoot ? first : new OdfError('COMMITMENT_CONFLICT');
        known.set(slotOf(record), record);
        fresh.push(item);
        return record;
      });
      const refused = await this.#store(runner, fresh, known, atMs);
      return answers.map((answer) => (refused.has(answer) ? new OdfError('COMMITMENT_ESCROW_EXCEEDED') : answer));
    });
  }

  async #lock(runner: QueryRunnerLike, items: readonly CheckedCommitment[]): Promise<Map<string, CommitmentRecord>> {
    const pairs = items.map(({ commitment: { message, validator } }) => ({ taskId: message.task_id, validator }));
    return new Map((await this.commitments.lock(runner, pairs)).map((record) => [slotOf(record), record]));
  }

  /** Writes the new commitments with receipt and fee; returns those that their operators' escrows do not answer for. */
  async #store(
    runner: QueryRunnerLike,
    fresh: readonly CheckedCommitment[],
    records: ReadonlyMap<string, CommitmentRecord>,
    atMs: number,
  ): Promise<Set<unknown>> {
    const fees = fresh.map((item) => feeOf(item, atMs));
    const admitted = await this.fees.admit(runner, fees);
    const all = fresh.map((item) => records.get(slotOf(recordOf(item, atMs)))!);
    const good = all.filter((_, index) => admitted[index]);
    const places = await this.receipts.issue(runner, good.map(revealReceipt));
    good.forEach((record, index) => Object.assign(record, places[index]));
    await this.commitments.insert(runner, good);
    await this.fees.insert(
      runner,
      fees.filter((_, index) => admitted[index]),
    );
    return new Set(all.filter((_, index) => !admitted[index]));
  }
}

function slotOf({ taskId, validator, role }: Pick<CommitmentRecord, 'taskId' | 'validator' | 'role'>): string {
  return `${taskId}${validator}${role}`;
}

function recordOf({ commitment, role, signer }: CheckedCommitment, atMs: number): CommitmentRecord {
  const { message, validator, signature } = commitment;
  return {
    taskId: message.task_id,
    auctionId: message.auction_id,
    role,
    validator,
    commitmentRoot: Commitment.root(message),
    coprocessor: message.coprocessor,
    feeWei: message.fee_wei,
    signer,
    signature,
    atMs,
    batchId: '',
    batchIndex: 0,
  };
}

function feeOf({ commitment: { message, validator }, role, payment }: CheckedCommitment, atMs: number): NewFee {
  const { task_id, auction_id, coprocessor, fee_wei } = message;
  return { task_id, validator, role, auction_id, coprocessor, fee_wei, ...payment, committed_at_ms: BigInt(atMs) };
}

/** The receipt of a reveal. */
export function revealReceipt(record: CommitmentRecord): Receipt {
  return {
    kind: ReceiptKind.reveal,
    auction_id: record.auctionId,
    subject_root: record.commitmentRoot,
    signer_root: keyRoot(record.validator),
    seq: 0n,
    at_ms: BigInt(record.atMs),
  };
}
