import { Injectable } from '@nestjs/common';
import { FeeProofsRepository } from '@odf/persistence';
import type { CoprocessorFee, Fee, FeeProof } from '@odf/protocol';
import { AwardsService } from '../awards/awards.service.js';

/** What proves that fees are owed. */
@Injectable()
export class FeeProofsService {
  constructor(
    private readonly proofs: FeeProofsRepository,
    private readonly awards: AwardsService,
  ) {}

  /**
   * Fees, those that are due with their proofs.
   *
   * A signed commitment buys the key again, so it is nobody's business before the response is final.
   */
  prove(fees: readonly Fee[]): Promise<CoprocessorFee[]> {
    return Promise.all(
      fees.map(async (fee) => ({ ...fee, proof: fee.state === 'due' ? await this.#proofOf(fee) : null })),
    );
  }

  /** Null where an accepted response without a commitment made the fee. */
  async #proofOf(fee: Fee): Promise<FeeProof | null> {
    const stored = await this.proofs.of(fee);
    const awards = await this.awards.awardOf(fee.auction_id, fee.validator);
    const proof = awards.find(({ award: { message } }) => message.coprocessor === fee.coprocessor);
    if (!stored || !proof) return null;
    const { award, leaf, index, branch } = proof;
    return { ...stored, award: { award, leaf, index, branch } };
  }
}
