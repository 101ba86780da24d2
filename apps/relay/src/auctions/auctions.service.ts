import { Inject, Injectable } from '@nestjs/common';
import { AuctionsRepository, type AuctionRecord } from '@odf/persistence';
import { OdfError, type AuctionState, type CoprocessorAuction, type Hex, type ValidatorAuction } from '@odf/protocol';
import { type Clock } from '@odf/telemetry';
import { AvsRegistry } from '../core/avs-registry.js';
import { AwardsService } from '../awards/awards.service.js';
import { EnrollmentsService } from '../enrollments/enrollments.service.js';
import { pageBefore } from '../http/cursor.js';
import { CLOCK } from '../relay.tokens.js';
import { auctionFields, AuctionViews, taskSummary } from './auction-views.js';

/** A page of auctions, newest first. */
interface PageQuery {
  avs_id?: Hex | undefined;
  limit: number;
  cursor?: string | undefined;
}

/** Answers what auctions there are. */
@Injectable()
export class AuctionsService {
  constructor(
    private readonly registry: AvsRegistry,
    private readonly auctions: AuctionsRepository,
    private readonly views: AuctionViews,
    private readonly awards: AwardsService,
    private readonly enrollments: EnrollmentsService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * A page of auctions as coprocessors see them.
   *
   * @throws {OdfError} AVS_UNKNOWN, CURSOR_INVALID.
   */
  async forCoprocessors(query: PageQuery & { status?: AuctionState | undefined }): Promise<CoprocessorAuction[]> {
    return this.views.forCoprocessors(await this.#page(query, query.status));
  }

  /**
   * A page of auctions as one validator sees them.
   *
   * @throws {OdfError} VALIDATOR_UNKNOWN, AVS_UNKNOWN, CURSOR_INVALID.
   */
  async forValidator(query: PageQuery & { pubkey: Hex }): Promise<ValidatorAuction[]> {
    if (!(await this.enrollments.isKnown(query.pubkey))) throw new OdfError('VALIDATOR_UNKNOWN');
    const auctions = await this.#page(query);
    const tasks = await this.views.tasksByAuction(auctions.map(({ auctionId }) => auctionId));
    const nowMs = this.clock.nowMs();
    return Promise.all(
      auctions.map(async (auction) => {
        const [award] = await this.awards.awardOf(auction.auctionId, query.pubkey);
        return {
          ...auctionFields(auction),
          enrollment: await this.enrollments.stateOf(query.pubkey, auction.avsId, nowMs),
          award: award
            ? {
                coprocessor: award.award.message.coprocessor,
                role: award.award.message.role,
                fee_wei: award.leaf.fee_wei,
              }
            : null,
          tasks: (tasks.get(auction.auctionId) ?? []).map(taskSummary),
        };
      }),
    );
  }

  async #page(query: PageQuery, state?: AuctionState): Promise<AuctionRecord[]> {
    const avsIds = query.avs_id
      ? [this.registry.get(query.avs_id).config.avs_id]
      : this.registry.all().map(({ config }) => config.avs_id);
    return this.auctions.page({ avsIds, state, before: pageBefore(query.cursor), limit: query.limit });
  }
}
