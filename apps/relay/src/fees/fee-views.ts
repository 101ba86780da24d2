import { Injectable } from '@nestjs/common';
import { FeeProofsRepository, FeesRepository, type FeePage, type StoredFee } from '@odf/persistence';
import { OdfError, type CoprocessorFee, type Fee, type FeeProof, type Hex } from '@odf/protocol';
import { Settlement } from '@odf/settlement';
import { AwardsService } from '../awards/awards.service.js';
import { EnrollmentsService } from '../enrollments/enrollments.service.js';
import { pageBefore } from '../http/cursor.js';

/** The page that a client asks for. */
export interface FeeQuery {
  auction_id?: Hex | undefined;
  limit: number;
  cursor?: string | undefined;
}

/** What validators and coprocessors see of fees. */
@Injectable()
export class FeeViews {
  constructor(
    private readonly fees: FeesRepository,
    private readonly proofs: FeeProofsRepository,
    private readonly settlement: Settlement,
    private readonly awards: AwardsService,
    private readonly enrollments: EnrollmentsService,
  ) {}

  /**
   * A validator's fees, newest first.
   *
   * @throws {OdfError} VALIDATOR_UNKNOWN, CURSOR_INVALID.
   */
  async ofValidator(pubkey: Hex, query: FeeQuery): Promise<Fee[]> {
    if (!(await this.enrollments.isKnown(pubkey))) throw new OdfError('VALIDATOR_UNKNOWN');
    return (await this.fees.page(pageOf('validator', pubkey, query))).map(publicForm);
  }

  /**
   * The fees that a coprocessor's payloads were bought for, newest first, those that are due with their proofs.
   *
   * A signed commitment buys the key again, so it is nobody's business before the response is final.
   *
   * @throws {OdfError} COPROCESSOR_UNKNOWN, CURSOR_INVALID.
   */
  async ofCoprocessor(pubkey: Hex, query: FeeQuery): Promise<CoprocessorFee[]> {
    if (!(await this.settlement.coprocessor(pubkey))) throw new OdfError('COPROCESSOR_UNKNOWN');
    const fees = await this.fees.page(pageOf('coprocessor', pubkey, query));
    return Promise.all(
      fees.map(async (fee) => ({ ...publicForm(fee), proof: fee.state === 'due' ? await this.#proofOf(fee) : null })),
    );
  }

  async #proofOf(fee: StoredFee): Promise<FeeProof | null> {
    const stored = await this.proofs.of(fee);
    const awards = await this.awards.awardOf(fee.auction_id, fee.validator);
    const proof = awards.find(({ award: { message } }) => message.coprocessor === fee.coprocessor);
    if (!stored || !proof) return null;
    const { award, leaf, index, branch } = proof;
    return { ...stored, award: { award, leaf, index, branch } };
  }
}

function pageOf(by: FeePage['by'], pubkey: Hex, { auction_id, limit, cursor }: FeeQuery): FeePage {
  return { by, pubkey, auctionId: auction_id, limit, before: pageBefore(cursor) };
}

function publicForm({ escrowed: _, ...fee }: StoredFee): Fee {
  return fee;
}
