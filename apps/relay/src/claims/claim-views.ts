import { Injectable } from '@nestjs/common';
import { ClaimTransactionsRepository, type QueryRunnerLike, type StoredClaim } from '@odf/persistence';
import { Claim } from '@odf/protocol';
import { z } from 'zod';
import { anchorSubject } from './claims.rules.js';

/** Claims as the wire has them. */
@Injectable()
export class ClaimViews {
  constructor(private readonly transactions: ClaimTransactionsRepository) {}

  /** A claim with its transactions. */
  async of(claim: StoredClaim, runner?: QueryRunnerLike): Promise<Claim> {
    const { id: _, auction_id: _auction, avs_id: _avs, slash_block: blockNumber, ...rest } = claim;
    const { slashed_at_ms: _slashed, ...facts } = rest;
    const anchor = anchorSubject({ lineId: claim.line_id, blockNumber });
    return { ...facts, transactions: await this.transactions.of([anchor, claim.claim_id], runner) };
  }

  /** The JSON of the same, for events. */
  async eventData(claim: StoredClaim, runner: QueryRunnerLike): Promise<unknown> {
    return z.encode(Claim, await this.of(claim, runner));
  }
}
