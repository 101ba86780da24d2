import { Injectable } from '@nestjs/common';
import {
  CommitmentsRepository,
  DeliveriesRepository,
  TasksRepository,
  type DeliveryRecord,
  type TaskRecord,
} from '@odf/persistence';
import { OdfError, type AwardProof, type ClaimEvidence, type ClaimRequest } from '@odf/protocol';
import { AwardsService } from '../awards/awards.service.js';
import { Escrow } from '../core/escrow.js';
import { RelaySigner } from '../core/relay-signer.js';

/** What a claim asks to be proved. */
export type ClaimSubject = Pick<ClaimRequest, 'task_id' | 'validator' | 'attestation_root' | 'slash_tx' | 'log_index'>;

/** Evidence with the task that it is about. */
export interface GatheredEvidence {
  evidence: ClaimEvidence;
  task: TaskRecord;
}

/** Gathers what proves that a coprocessor attested what an operator was slashed for. */
@Injectable()
export class ClaimEvidenceService {
  constructor(
    private readonly tasks: TasksRepository,
    private readonly deliveries: DeliveriesRepository,
    private readonly commitments: CommitmentsRepository,
    private readonly awards: AwardsService,
    private readonly escrow: Escrow,
    private readonly signer: RelaySigner,
  ) {}

  /**
   * The bundle by which anyone can file the claim.
   *
   * @throws {OdfError} TASK_UNKNOWN; CLAIM_NOT_ATTESTED when the validator bought no such payload.
   */
  async gather(subject: ClaimSubject): Promise<GatheredEvidence> {
    const task = await this.tasks.find(subject.task_id);
    if (!task) throw new OdfError('TASK_UNKNOWN');
    const { award, delivery } = await this.#bought(task, subject);
    const { chainId, settlement } = this.signer.context;
    const evidence: ClaimEvidence = {
      version: 'odf/1',
      chain_id: chainId,
      settlement,
      relay: this.signer.pubkey,
      coprocessor: delivery.coprocessor,
      operator: award.leaf.operator,
      attestation: this.escrow.attestationOf(delivery),
      award,
      slash: { transaction: subject.slash_tx, log_index: subject.log_index },
    };
    return { evidence, task };
  }

  /** The delivery that the validator bought, under its award; who never bought it has no business with its attestation. */
  async #bought(
    task: TaskRecord,
    { validator, attestation_root }: ClaimSubject,
  ): Promise<{ award: AwardProof; delivery: DeliveryRecord }> {
    const bought = new Set((await this.commitments.find(task.taskId, validator)).map(({ coprocessor }) => coprocessor));
    const awards = task.auctionId ? await this.awards.awardOf(task.auctionId, validator) : [];
    for (const { award, leaf, index, branch } of awards) {
      const { coprocessor } = award.message;
      const delivery = bought.has(coprocessor) ? await this.deliveries.find(task.taskId, coprocessor) : null;
      if (delivery?.attestationRoot === attestation_root) return { award: { award, leaf, index, branch }, delivery };
    }
    throw new OdfError('CLAIM_NOT_ATTESTED');
  }
}
