import { Injectable } from '@nestjs/common';
import { DeliveriesRepository, type TaskRecord } from '@odf/persistence';
import { AwardRole, type Hex } from '@odf/protocol';
import { AwardsService, type ValidatorAward } from '../awards/awards.service.js';
import { Escrow } from '../core/escrow.js';
import { EnrollmentsService } from '../enrollments/enrollments.service.js';

/** The delivery of an award that attested exactly what an operator responded. */
export interface AttestedResponse {
  validator: Hex;
  award: ValidatorAward;
  attestationRoot: Hex;
}

/** Finds whose attestation an operator's response equals; the only reader of response digests outside the escrow. */
@Injectable()
export class AttestedResponses {
  constructor(
    private readonly enrollments: EnrollmentsService,
    private readonly awards: AwardsService,
    private readonly deliveries: DeliveriesRepository,
    private readonly escrow: Escrow,
  ) {}

  /** The attestation behind a response, the primary's before the standby's; null where the operator's awards have none. */
  async find(task: TaskRecord, operator: Hex, responseDigest: Hex): Promise<AttestedResponse | null> {
    if (!task.auctionId) return null;
    const validator = await this.#awardedOf(task, operator);
    if (!validator) return null;
    const awards = await this.awards.awardOf(task.auctionId, validator);
    for (const award of awards.toSorted((a, b) => a.award.message.role - b.award.message.role)) {
      const delivery = await this.deliveries.find(task.taskId, award.award.message);
      if (award.leaf.operator !== operator || delivery?.state !== 'verified') continue;
      const { message } = this.escrow.attestationOf(delivery);
      if (message.response_digest === responseDigest) {
        return { validator, award, attestationRoot: delivery.attestationRoot };
      }
    }
    return null;
  }

  /** Whose operator it was for a task: the award's validator, even if it left since; without an award the enrolled one. */
  async validatorOf(task: TaskRecord, operator: Hex): Promise<Hex | null> {
    return (await this.#awardedOf(task, operator)) ?? this.enrollments.validatorOf(operator, task.avsId);
  }

  async #awardedOf({ auctionId, avsId }: TaskRecord, operator: Hex): Promise<Hex | null> {
    const root = auctionId && (await this.awards.holderOf(auctionId, operator));
    return root ? this.enrollments.pubkeyOf(root, avsId) : null;
  }
}

/** Whether a fee is the standby's. */
export function roleOf({ award }: ValidatorAward): 0 | 1 {
  return award.message.role === AwardRole.standby ? AwardRole.standby : AwardRole.primary;
}
