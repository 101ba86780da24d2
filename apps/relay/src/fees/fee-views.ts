import { Injectable } from '@nestjs/common';
import { FeesRepository, type FeePage, type StoredFee } from '@odf/persistence';
import { OdfError, type CoprocessorFee, type Fee, type Hex } from '@odf/protocol';
import { Settlement } from '@odf/settlement';
import { EnrollmentsService } from '../enrollments/enrollments.service.js';
import { pageBefore } from '../http/cursor.js';
import { FeeProofsService } from './fee-proofs.service.js';

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
    private readonly proofs: FeeProofsService,
    private readonly settlement: Settlement,
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
   * @throws {OdfError} COPROCESSOR_UNKNOWN, CURSOR_INVALID.
   */
  async ofCoprocessor(pubkey: Hex, query: FeeQuery): Promise<CoprocessorFee[]> {
    if (!(await this.settlement.coprocessor(pubkey))) throw new OdfError('COPROCESSOR_UNKNOWN');
    const fees = await this.fees.page(pageOf('coprocessor', pubkey, query));
    return this.proofs.prove(fees.map(publicForm));
  }
}

function pageOf(by: FeePage['by'], pubkey: Hex, { auction_id, limit, cursor }: FeeQuery): FeePage {
  return { by, pubkey, auctionId: auction_id, limit, before: pageBefore(cursor) };
}

function publicForm({ escrowed: _, ...fee }: StoredFee): Fee {
  return fee;
}
