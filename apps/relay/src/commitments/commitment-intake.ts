import { Inject, Injectable } from '@nestjs/common';
import { SignatureVerifier } from '@odf/bls';
import { CommitmentsRepository, inTransaction, type CommitmentRecord } from '@odf/persistence';
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
import { ReceiptsService } from '../receipts/receipts.service.js';
import { RelayMetrics } from '../relay.metrics.js';
import { CLOCK } from '../relay.tokens.js';

/** A commitment that fits its header and award, and whose signature holds. */
export interface CheckedCommitment {
  commitment: SignedCommitment;
  role: number;
  /** The key that must have signed. */
  signer: Hex;
}

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
   * @throws {OdfError} COMMITMENT_CONFLICT.
   */
  commit(commitment: CheckedCommitment): Promise<CommitmentRecord> {
    return this.#group.submit(commitment);
  }

  /**
   * Whether a commitment is signed by the key that must have signed it.
   *
   * The verifier gathers signatures over one signing root into one randomised aggregate.
   */
  isSigned({ commitment, signer }: CheckedCommitment): Promise<boolean> {
    const signingRoot = this.signer.signingRoot(Commitment, commitment.message);
    return this.verifier.verify({ pubkey: signer, signingRoot, signature: commitment.signature });
  }

  /** Waits until nothing waits. */
  drain(): Promise<void> {
    return this.#group.drain();
  }

  #write(items: CheckedCommitment[]): Promise<GroupAnswer<CommitmentRecord>[]> {
    return inTransaction(this.database, async (runner) => {
      const pairs = items.map(({ commitment }) => ({
        taskId: commitment.message.task_id,
        validator: commitment.validator,
      }));
      const known = new Map((await this.commitments.lock(runner, pairs)).map((record) => [slotOf(record), record]));
      const atMs = this.clock.nowMs();
      const fresh: CommitmentRecord[] = [];
      const answers = items.map((item): GroupAnswer<CommitmentRecord> => {
        const record = recordOf(item, atMs);
        const first = known.get(slotOf(record));
        if (first) return first.commitmentRoot === record.commitmentRoot ? first : new OdfError('COMMITMENT_CONFLICT');
        known.set(slotOf(record), record);
        fresh.push(record);
        return record;
      });
      const places = await this.receipts.issue(runner, fresh.map(revealReceipt));
      fresh.forEach((record, index) => Object.assign(record, places[index]));
      await this.commitments.insert(runner, fresh);
      return answers;
    });
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
