import { Inject, Injectable } from '@nestjs/common';
import { LiveStore } from '@odf/live-store';
import { isExpired, REFERENCE_TERMS } from '@odf/market';
import {
  AuctionsRepository,
  BidsRepository,
  inTransaction,
  type AuctionRecord,
  type NewAuction,
} from '@odf/persistence';
import { SignedBid } from '@odf/protocol';
import { type Clock } from '@odf/telemetry';
import { DataSource } from 'typeorm';
import { AvsRegistry, CHECKED_ASSURANCE } from '../core/avs-registry.js';
import { receiptOf } from '../core/bid-receipt.js';
import { EventsService } from '../events/events.service.js';
import { ReceiptsService } from '../receipts/receipts.service.js';
import { RelayMetrics } from '../relay.metrics.js';
import { CLOCK } from '../relay.tokens.js';
import { parametersOf, storeParameters } from './auction-parameters.js';
import { AuctionViews } from './auction-views.js';

/** Opens auctions: every standing bid enters with a receipt of its own. */
@Injectable()
export class AuctionOpener {
  constructor(
    private readonly database: DataSource,
    private readonly registry: AvsRegistry,
    private readonly auctions: AuctionsRepository,
    private readonly bids: BidsRepository,
    private readonly receipts: ReceiptsService,
    private readonly views: AuctionViews,
    private readonly events: EventsService,
    private readonly liveStore: LiveStore,
    private readonly metrics: RelayMetrics,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * Opens an auction that was planned to come after this one; does nothing if another has come since.
   *
   * Plans of two instances name other times and so other ids: only the order under the lock tells that both mean the same auction.
   */
  async open(plan: Omit<NewAuction, 'parameters'>, after: AuctionRecord | null): Promise<void> {
    const { config } = this.registry.get(plan.avsId);
    const opened = await inTransaction(this.database, async (runner) => {
      await this.bids.lockOpening(runner, plan.avsId);
      const latest = await this.auctions.latest(plan.avsId, plan.taskId, runner);
      if (latest?.auctionId !== after?.auctionId) return false;
      const terms = await this.auctions.referenceTerms(runner, plan.avsId, REFERENCE_TERMS);
      const parameters = storeParameters(parametersOf(config, CHECKED_ASSURANCE, terms));
      if (!(await this.auctions.insert(runner, { ...plan, parameters }))) return false;
      const nowMs = this.clock.nowMs();
      const standing = (await this.bids.standingBids(runner, plan.avsId)).flatMap(({ coprocessor, standing: bid }) =>
        bid && stands(SignedBid.deserialize(bid.bid), nowMs) ? [{ coprocessor, bid }] : [],
      );
      const receipts = standing.map(({ coprocessor, bid }, index) =>
        receiptOf(plan.auctionId, bid.bidRoot, coprocessor, index + 1, nowMs),
      );
      const places = await this.receipts.issue(runner, receipts);
      const records = standing.map(({ coprocessor, bid }, index) => ({
        auctionId: plan.auctionId,
        seq: index + 1,
        bidRoot: bid.bidRoot,
        coprocessor,
        bid: bid.bid,
        atMs: nowMs,
        ...places[index]!,
      }));
      await this.bids.insert(runner, records);
      await this.auctions.countBids(runner, plan.auctionId, records.length);
      const auction = await this.auctions.find(plan.auctionId, runner);
      await this.events.append(runner, [{ topic: 'auction_opened', data: await this.views.eventData(auction!) }]);
      return true;
    });
    if (!opened) return;
    await this.liveStore.openAuction(plan.auctionId, plan.closesAtMs);
    this.metrics.auctions.inc({ avs: config.name, state: 'open' });
    await this.events.wake();
  }
}

/** Whether a standing bid is still one: not cancelled, not over. */
function stands({ message }: SignedBid, nowMs: number): boolean {
  return message.steps.length > 0 && !isExpired(message, BigInt(nowMs));
}
