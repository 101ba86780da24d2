import { Inject, Injectable } from '@nestjs/common';
import { LiveStore } from '@odf/live-store';
import { AuctionsRepository, BidsRepository, inTransaction, type NewAuction } from '@odf/persistence';
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

  /** Opens a planned auction; does nothing if another instance already has. */
  async open(plan: Omit<NewAuction, 'parameters'>): Promise<void> {
    const { config } = this.registry.get(plan.avsId);
    const parameters = storeParameters(parametersOf(config, CHECKED_ASSURANCE));
    const opened = await inTransaction(this.database, async (runner) => {
      await this.bids.lockOpening(runner, plan.avsId);
      if (!(await this.auctions.insert(runner, { ...plan, parameters }))) return false;
      const nowMs = this.clock.nowMs();
      const standing = (await this.bids.standingBids(runner, plan.avsId)).flatMap(({ coprocessor, standing: bid }) =>
        bid && SignedBid.deserialize(bid.bid).message.valid_until * 1000n > BigInt(nowMs) ? [{ coprocessor, bid }] : [],
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
