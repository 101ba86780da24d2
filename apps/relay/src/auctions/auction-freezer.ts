import { Inject, Injectable } from '@nestjs/common';
import { LiveStore } from '@odf/live-store';
import { bidsRoot, classesOf } from '@odf/market';
import {
  AuctionsRepository,
  BidsRepository,
  inTransaction,
  packMembers,
  type AuctionRecord,
  type QueryRunnerLike,
} from '@odf/persistence';
import { BidsFrozen, type Hex } from '@odf/protocol';
import { type Clock } from '@odf/telemetry';
import { DataSource } from 'typeorm';
import { AvsRegistry } from '../core/avs-registry.js';
import { receiptOf } from '../core/bid-receipt.js';
import { EnrollmentsService } from '../enrollments/enrollments.service.js';
import { EventsService } from '../events/events.service.js';
import { RelaySigner } from '../core/relay-signer.js';
import { RelayMetrics } from '../relay.metrics.js';
import { CLOCK } from '../relay.tokens.js';
import { planNextRound, waitsForFirstBid } from './auction-plan.js';
import { readParameters } from './auction-parameters.js';
import { AuctionOpener } from './auction-opener.js';
import { AuctionViews } from './auction-views.js';
import { storeClasses } from './stored-classes.js';

/** Closes the bidding of an auction: fixes its bids and its demand, or opens the next round when nobody bid. */
@Injectable()
export class AuctionFreezer {
  constructor(
    private readonly database: DataSource,
    private readonly registry: AvsRegistry,
    private readonly auctions: AuctionsRepository,
    private readonly bids: BidsRepository,
    private readonly enrollments: EnrollmentsService,
    private readonly opener: AuctionOpener,
    private readonly signer: RelaySigner,
    private readonly views: AuctionViews,
    private readonly events: EventsService,
    private readonly liveStore: LiveStore,
    private readonly metrics: RelayMetrics,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Closes an auction whose time has come; from its commit on every bid is refused. */
  async close(auctionId: Hex): Promise<void> {
    const begin = performance.now();
    const closed = await inTransaction(this.database, async (runner) => {
      const auction = (await this.auctions.lock(runner, [auctionId])).get(auctionId);
      if (!auction || auction.state !== 'open' || auction.closesAtMs > this.clock.nowMs()) return null;
      if (waitsForFirstBid(auction) && (await this.#postpone(runner, auction)))
        return { auction, now: 'open' as const };
      return auction.bidCount > 0 ? this.#freeze(runner, auction) : this.#void(runner, auction);
    });
    if (!closed) return;
    const { config } = this.registry.get(closed.auction.avsId);
    if (closed.now !== 'open') {
      await this.liveStore.closeAuction(auctionId);
      this.metrics.auctions.inc({ avs: config.name, state: closed.now });
    }
    if (closed.now === 'frozen') {
      this.metrics.auctionStages.observe({ avs: config.name, stage: 'freeze' }, (performance.now() - begin) / 1000);
      await this.events.wake();
    }
    if (closed.now === 'void') {
      const { auction } = closed;
      await this.opener.open(planNextRound(auction, config.windows_ms, this.clock.nowMs()), auction);
    }
  }

  async #freeze(runner: QueryRunnerLike, auction: AuctionRecord) {
    const { auctionId, avsId } = auction;
    const frozenAtMs = this.clock.nowMs();
    const records = await this.bids.ofAuction(auctionId, runner);
    const root = bidsRoot(records.map((bid) => receiptOf(auctionId, bid.bidRoot, bid.coprocessor, bid.seq, bid.atMs)));
    const message: BidsFrozen = { auction_id: auctionId, bids_root: root, count: records.length };
    const { signature } = this.signer.sign(BidsFrozen, message);
    const { reward_ref_wei: rewardRefWei } = readParameters(auction.parameters);
    const demand = classesOf(await this.enrollments.snapshot(avsId, frozenAtMs), { rewardRefWei });
    await this.auctions.freeze(runner, {
      auctionId,
      frozenAtMs,
      bidsRoot: root,
      signature,
      classes: storeClasses(demand.classes),
      members: packMembers(demand.members),
      memberCount: demand.members.length,
    });
    const frozen = await this.auctions.find(auctionId, runner);
    await this.events.append(runner, [{ topic: 'auction_frozen', data: await this.views.eventData(frozen!) }]);
    return { auction, now: 'frozen' as const };
  }

  /** Keeps an auction that waits for its first bid open until others had the whole bidding window to answer that bid. */
  async #postpone(runner: QueryRunnerLike, auction: AuctionRecord): Promise<boolean> {
    const { bidding } = this.registry.get(auction.avsId).config.windows_ms;
    const nowMs = this.clock.nowMs();
    const closesAtMs = ((await this.bids.firstAtMs(runner, auction.auctionId)) ?? nowMs) + bidding;
    if (closesAtMs <= nowMs) return false;
    const lengthMs = auction.termEndMs - Math.max(auction.termStartMs, auction.closesAtMs);
    await this.auctions.postpone(runner, auction.auctionId, closesAtMs, closesAtMs + lengthMs);
    return true;
  }

  async #void(runner: QueryRunnerLike, auction: AuctionRecord) {
    await this.auctions.setState(runner, auction.auctionId, 'void');
    return { auction, now: 'void' as const };
  }
}
