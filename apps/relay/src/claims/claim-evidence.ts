import { Injectable } from '@nestjs/common';
import {
  CommitmentsRepository,
  DeliveriesRepository,
  ObservedResponsesRepository,
  TasksRepository,
  type TaskRecord,
} from '@odf/persistence';
import { Commitment, OdfError, type ClaimEvidence, type ClaimRequest, type SignedAttestation } from '@odf/protocol';
import { AwardsService, type ValidatorAward } from '../awards/awards.service.js';
import { Escrow } from '../core/escrow.js';
import { RelaySigner } from '../core/relay-signer.js';

/** What a claim is about, and what proves it. */
export interface BoughtResponse {
  evidence: ClaimEvidence;
  task: TaskRecord;
  award: ValidatorAward;
}

type Bought = { award: ValidatorAward; attestation: SignedAttestation };

/** Makes the evidence of a claim from what the relay itself holds: award, attestation, and who bought it. */
@Injectable()
export class ClaimEvidenceBuilder {
  constructor(
    private readonly tasks: TasksRepository,
    private readonly awards: AwardsService,
    private readonly deliveries: DeliveriesRepository,
    private readonly commitments: CommitmentsRepository,
    private readonly observed: ObservedResponsesRepository,
    private readonly escrow: Escrow,
    private readonly signer: RelaySigner,
  ) {}

  /**
   * The evidence of what a request names; an attestation leaves the escrow for its buyer only.
   *
   * @throws {OdfError} CLAIM_NOT_ATTESTED.
   */
  async of(request: ClaimRequest): Promise<BoughtResponse> {
    const task = await this.tasks.find(request.task_id);
    const found = task && (await this.#attested(task, request));
    if (!found || !(await this.#isBought(found, request))) throw new OdfError('CLAIM_NOT_ATTESTED');
    const { award, attestation } = found;
    const { chainId, settlement } = this.signer.context;
    const evidence: ClaimEvidence = {
      version: 'odf/1',
      chain_id: chainId,
      settlement,
      relay: this.signer.pubkey,
      coprocessor: award.award.message.coprocessor,
      operator: award.leaf.operator,
      attestation,
      award: { award: award.award, leaf: award.leaf, index: award.index, branch: award.branch },
      slash: { transaction: request.slash_tx, log_index: request.log_index },
    };
    return { evidence, task, award };
  }

  async #attested(task: TaskRecord, request: ClaimRequest): Promise<Bought | null> {
    const awards = task.auctionId ? await this.awards.awardOf(task.auctionId, request.validator) : [];
    for (const award of awards) {
      const delivery = await this.deliveries.find(task.taskId, award.award.message);
      if (delivery?.state !== 'verified' || delivery.attestationRoot !== request.attestation_root) continue;
      return { award, attestation: this.escrow.attestationOf(delivery) };
    }
    return null;
  }

  /** By a commitment, or by a response that equals the attestation, which counts as one. */
  async #isBought({ award, attestation }: Bought, request: ClaimRequest): Promise<boolean> {
    const { auction_id, coprocessor } = award.award.message;
    const { task_id, attestation_root, validator } = request;
    const commitments = await this.commitments.find(task_id, validator);
    const isCommitted = commitments.some(
      ({ commitmentRoot, feeWei: fee_wei }) =>
        commitmentRoot === Commitment.root({ auction_id, task_id, coprocessor, attestation_root, fee_wei }),
    );
    if (isCommitted) return true;
    const response = await this.observed.find(task_id, award.leaf.operator);
    return response?.responseDigest === attestation.message.response_digest;
  }
}
