import {
  Bid,
  routes,
  signingRoot,
  type AvsInfo,
  type CoprocessorAuction,
  type Hex,
  type SignedReceipt,
} from '@odf/protocol';
import { RelayError } from '@odf/client';
import { biddableAuctions, nextAction, STANDING, wantedBid, type WantedBid } from './bid-plan.js';
import { checkReceipt } from './relay-proof.js';
import type { CoprocessorParts, CoverLine, RelaySession } from './session.js';
import type { BidRecord } from './store.js';
import type { AvsStrategy } from './strategy.js';

/** Auctions that a standing bid is expected to win later stretch so far. */
const FAR_FUTURE_MS = 2n ** 62n;

/** Everything about one AVS that its bids depend on. */
export interface BidSituation {
  avs: AvsInfo;
  strategy: AvsStrategy;
  /** Newest first. */
  auctions: readonly CoprocessorAuction[];
  line: CoverLine;
}

/** Keeps the bids at one relay as the strategy wants them: places, renews, replaces and withdraws. */
export class Bidder {
  constructor(
    private readonly session: RelaySession,
    private readonly parts: CoprocessorParts,
  ) {}

  /**
   * Compares what stands with what should, and sends the difference.
   *
   * @throws {RelayError} when the relay cannot be reached: the signed bid is kept and sent again, unchanged.
   */
  async update(situation: BidSituation): Promise<void> {
    const { strategy, auctions, avs } = situation;
    const known = await this.parts.store.bids(this.session.relayRoot, avs.avs_id);
    for (const auctionId of biddableAuctions(strategy, auctions, known)) {
      const newest = known.findLast(({ bid }) => bid.message.auction_id === auctionId);
      await this.#settle(situation, auctionId, newest, known.at(-1)?.bid.message.nonce ?? 0n);
    }
  }

  async #settle(
    situation: BidSituation,
    auctionId: Hex,
    newest: BidRecord | undefined,
    lastNonce: bigint,
  ): Promise<void> {
    const wanted = this.#want(situation, auctionId);
    const { strategy, line } = situation;
    const terms = {
      line_id: line.line_id,
      cover_wei_per_unit: strategy.cover_wei_per_unit,
      standby: strategy.standby ? 1 : 0,
    };
    const nowMs = BigInt(this.parts.clock.nowMs());
    const action = nextAction(newest, wanted, terms, { nowMs, validForMs: BigInt(strategy.valid_for_s) * 1000n });
    if (action === 'resend') await this.#send(newest!);
    if (action === 'replace') {
      const higher = lastNonce + 1n;
      // The time in milliseconds stays ahead of what a lost store had used.
      const nonce = higher > nowMs ? higher : nowMs;
      await this.#place({
        auction_id: auctionId,
        avs_id: situation.avs.avs_id,
        coprocessor: this.parts.key.pubkey,
        ...terms,
        assurance: 0,
        steps: wanted.steps,
        valid_until: nowMs / 1000n + BigInt(strategy.valid_for_s),
        nonce,
      });
    }
  }

  #want({ avs, strategy, auctions }: BidSituation, auctionId: Hex): WantedBid {
    const name = `bid ${this.session.relayRoot} ${avs.avs_id} ${auctionId}`;
    const next = auctions.find((auction) =>
      auctionId === STANDING ? auction.state === 'open' : auction.auction_id === auctionId,
    );
    const running = auctions.reduce(
      (end, { term_end_ms, state }) => (state !== 'void' && term_end_ms > end ? term_end_ms : end),
      0n,
    );
    const stretch = {
      from_ms: next?.term_start_ms ?? running,
      to_ms: next?.term_end_ms ?? FAR_FUTURE_MS,
      tasks_per_second: strategy.tasks_per_second,
    };
    const wanted = wantedBid(strategy, auctionId, this.parts.capacity.free(name, stretch));
    this.parts.capacity.set(name, { ...stretch, units: wanted.steps.reduce((sum, { units }) => sum + units, 0) });
    return wanted;
  }

  async #place(message: Bid): Promise<void> {
    const signature = this.parts.key.sign(signingRoot(Bid, message, this.session.context));
    const record: BidRecord = {
      bid: { message, signature },
      state: 'signed',
      at_ms: BigInt(this.parts.clock.nowMs()),
    };
    await this.parts.store.putBid(this.session.relayRoot, record);
    await this.#send(record);
  }

  async #send(record: BidRecord): Promise<void> {
    const { store, metrics, logger, receipts } = this.parts;
    const { message } = record.bid;
    try {
      const receipt = (await this.session.client.data(routes.placeBid, { body: record.bid })) as SignedReceipt;
      const subject = {
        kind: 'bid',
        subject_root: Bid.root(message),
        signer: message.coprocessor,
        auction_id: message.auction_id,
      } as const;
      checkReceipt(receipt, subject, this.session);
      receipts.keep(receipt);
      await store.putBid(this.session.relayRoot, { ...record, state: 'placed', receipt });
      metrics.bids.inc({ outcome: 'placed' });
      logger.info({ auction_id: message.auction_id, avs_id: message.avs_id, steps: message.steps }, 'bid placed');
    } catch (error) {
      if (!(error instanceof RelayError) || error.isTransient || error.status === undefined) throw error;
      await store.putBid(this.session.relayRoot, { ...record, state: 'refused', reason: error.code });
      metrics.bids.inc({ outcome: 'refused' });
      logger.warn({ auction_id: message.auction_id, code: error.code, reason: error.message }, 'bid refused');
    }
  }
}
