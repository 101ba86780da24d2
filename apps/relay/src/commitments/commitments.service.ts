import { Inject, Injectable } from '@nestjs/common';
import {
  AwardsRepository,
  CommitmentsRepository,
  DeliveriesRepository,
  type CommitmentRecord,
  type DeliveryRecord,
  type TaskRecord,
} from '@odf/persistence';
import {
  AwardRole,
  Commitment,
  OdfError,
  type CommitmentAccepted,
  type Reveal,
  type SignedCommitment,
} from '@odf/protocol';
import { type Clock } from '@odf/telemetry';
import { AwardsService } from '../awards/awards.service.js';
import { AvsRegistry } from '../core/avs-registry.js';
import { Escrow } from '../core/escrow.js';
import { DelegationsService } from '../delegations/delegations.service.js';
import { EnrollmentsService } from '../enrollments/enrollments.service.js';
import { ReceiptsService } from '../receipts/receipts.service.js';
import { RelayMetrics } from '../relay.metrics.js';
import { CLOCK } from '../relay.tokens.js';
import { TasksService } from '../tasks/tasks.service.js';
import { CommitmentIntake, revealReceipt } from './commitment-intake.js';
import { assertInTime, assertMatches, keyMayLeave } from './commitment.rules.js';
import { ServingAwards } from './serving-awards.js';

/** A durable commitment: its key, or how many seconds until the key may leave. */
export type CommitmentAnswer = { reveal: Reveal } | { accepted: CommitmentAccepted; retryAfterSeconds: number };

/** Sells keys: a commitment is durable before its key leaves, and a validator commits once for a task and role. */
@Injectable()
export class CommitmentsService {
  constructor(
    private readonly tasks: TasksService,
    private readonly awards: AwardsService,
    private readonly serving: ServingAwards,
    private readonly awardRows: AwardsRepository,
    private readonly commitments: CommitmentsRepository,
    private readonly deliveries: DeliveriesRepository,
    private readonly enrollments: EnrollmentsService,
    private readonly delegations: DelegationsService,
    private readonly intake: CommitmentIntake,
    private readonly receipts: ReceiptsService,
    private readonly escrow: Escrow,
    private readonly registry: AvsRegistry,
    private readonly metrics: RelayMetrics,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * Commits a validator; the same commitment again gets the same answer, however late.
   *
   * @throws {OdfError} VALIDATOR_UNKNOWN, TASK_UNKNOWN, SIGNATURE_INVALID, COMMITMENT_….
   */
  async commit(commitment: SignedCommitment): Promise<CommitmentAnswer> {
    try {
      const answer = await this.#commit(commitment);
      this.metrics.commitments.inc({ result: 'reveal' in answer ? 'revealed' : 'accepted' });
      return answer;
    } catch (error) {
      this.metrics.commitments.inc({ result: error instanceof OdfError ? error.code : 'failed' });
      throw error;
    }
  }

  async #commit(commitment: SignedCommitment): Promise<CommitmentAnswer> {
    const { message, validator } = commitment;
    const task = await this.tasks.taskOf(message.task_id);
    if (!(await this.enrollments.isKnown(validator))) throw new OdfError('VALIDATOR_UNKNOWN');
    const record = (await this.#known(commitment)) ?? (await this.#new(commitment, task));
    const delivery = await this.deliveries.find(task.taskId, record);
    return this.#answer(record, task, delivery!);
  }

  /** The identical commitment that is durable already; who repeats it must be able to sign it. */
  async #known(commitment: SignedCommitment): Promise<CommitmentRecord | undefined> {
    const { message, validator, signature } = commitment;
    const root = Commitment.root(message);
    const known = (await this.commitments.find(message.task_id, validator)).find(
      ({ commitmentRoot }) => commitmentRoot === root,
    );
    if (!known || known.signature === signature) return known;
    const signer = await this.delegations.signerOf(validator, this.clock.nowMs());
    if (!(await this.intake.isSigned({ commitment, signer }))) throw new OdfError('SIGNATURE_INVALID');
    return known;
  }

  async #new(commitment: SignedCommitment, task: TaskRecord): Promise<CommitmentRecord> {
    const { message, validator } = commitment;
    const signer = await this.delegations.signerOf(validator, this.clock.nowMs());
    const awards = task.auctionId ? await this.awards.awardOf(task.auctionId, validator) : [];
    const award = awards.find(
      ({
        award: {
          message: { coprocessor },
        },
      }) => coprocessor === message.coprocessor,
    );
    const role = award?.award.message.role ?? AwardRole.primary;
    if (!(await this.intake.isSigned({ commitment, signer }))) throw new OdfError('SIGNATURE_INVALID');
    if (!award) throw new OdfError('COMMITMENT_NOT_AWARDED');
    const [earlier] = (await this.commitments.find(task.taskId, validator)).filter((known) => known.role === role);
    if (earlier) throw new OdfError('COMMITMENT_CONFLICT');
    assertInTime(task, this.clock.nowMs());
    if (role === AwardRole.standby && !(await this.serving.isSwitched(task, validator, awards))) {
      throw new OdfError('COMMITMENT_BEFORE_SWITCH');
    }
    assertMatches(message, award, await this.deliveries.find(task.taskId, { ...message, role }));
    const { leaf, owner } = award;
    const escrowed = this.registry.get(task.avsId).config.membership === 'chain';
    const payment = { avs_id: task.avsId, operator: leaf.operator, owner, escrowed };
    return this.intake.commit({ commitment, role, signer, payment });
  }

  async #answer(record: CommitmentRecord, task: TaskRecord, delivery: DeliveryRecord): Promise<CommitmentAnswer> {
    const receipt = await this.receipts.signedReceipt(revealReceipt(record), record);
    const nowMs = this.clock.nowMs();
    if (!keyMayLeave(task, await this.#primaries(task), nowMs)) {
      const retryAfterSeconds = Math.max(1, Math.min(2, Math.ceil((task.deliverByMs! - nowMs) / 1000)));
      return { accepted: { receipt }, retryAfterSeconds };
    }
    this.metrics.reveals.inc();
    return { reveal: { attestation: this.escrow.attestationOf(delivery), key: this.escrow.keyOf(delivery), receipt } };
  }

  async #primaries(task: TaskRecord): Promise<{ awarded: number; verified: number }> {
    const awards = await this.awardRows.ofAuction(task.auctionId!);
    const deliveries = await this.deliveries.ofTask(task.taskId);
    return {
      awarded: awards.filter(({ award }) => award.message.role === AwardRole.primary).length,
      verified: deliveries.filter(({ role, state }) => role === AwardRole.primary && state === 'verified').length,
    };
  }
}
