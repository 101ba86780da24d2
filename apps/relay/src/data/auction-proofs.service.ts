import { Injectable } from '@nestjs/common';
import { HistoryRepository, type PublishedAuction } from '@odf/persistence';
import { OdfError, type BidProof, type DataMember, type Hex, type TranscriptAnswer } from '@odf/protocol';
import { receiptOf } from '../core/bid-receipt.js';
import { BidTrees } from './bid-trees.js';
import { indexBehind } from './data.rules.js';

/** What anybody needs to check an auction. */
@Injectable()
export class AuctionProofsService {
  constructor(
    private readonly history: HistoryRepository,
    private readonly trees: BidTrees,
  ) {}

  /**
   * The transcript of a cleared auction with the signatures over it.
   *
   * @throws {OdfError} AUCTION_UNKNOWN, AUCTION_NOT_CLEARED.
   */
  async transcript(auctionId: Hex): Promise<TranscriptAnswer> {
    const { frozen, transcript } = await this.#cleared(auctionId);
    const text = Buffer.from(transcript.bytes).toString('utf8');
    return { transcript: JSON.parse(text) as Record<string, unknown>, frozen, transcript_root: transcript.root };
  }

  /**
   * A page of the members of a cleared auction's classes, in the order of `members_root`.
   *
   * @throws {OdfError} AUCTION_UNKNOWN, AUCTION_NOT_CLEARED, CURSOR_INVALID.
   */
  async members(
    auctionId: Hex,
    { limit, cursor }: { limit: number; cursor?: string | undefined },
  ): Promise<DataMember[]> {
    const { member_count } = await this.#cleared(auctionId);
    return this.history.members(auctionId, indexBehind(cursor, member_count), limit);
  }

  /**
   * The first receipt of a bid in a frozen auction with its branch to `bids_root`.
   *
   * @throws {OdfError} AUCTION_UNKNOWN, AUCTION_NOT_CLEARED before the bids are frozen, PROOF_UNKNOWN.
   */
  async bidProof(auctionId: Hex, bidRoot: Hex): Promise<BidProof> {
    const frozen = await this.history.frozen(auctionId);
    if (frozen === undefined) throw new OdfError('AUCTION_UNKNOWN');
    if (frozen === null) throw new OdfError('AUCTION_NOT_CLEARED', 'The bids of the auction are not frozen yet.');
    const bid = await this.history.firstBid(auctionId, bidRoot);
    if (!bid) throw new OdfError('PROOF_UNKNOWN');
    const { index, branch } = (await this.trees.of(auctionId)).branch(bid.seq - 1);
    const receipt = receiptOf(auctionId, bid.bid_root, bid.coprocessor, bid.seq, bid.at_ms);
    return { receipt, index, branch, frozen };
  }

  async #cleared(
    auctionId: Hex,
  ): Promise<Required<{ [K in keyof PublishedAuction]: NonNullable<PublishedAuction[K]> }>> {
    const published = await this.history.published(auctionId);
    if (!published) throw new OdfError('AUCTION_UNKNOWN');
    const { frozen, transcript, member_count } = published;
    if (!frozen || !transcript) throw new OdfError('AUCTION_NOT_CLEARED');
    return { frozen, transcript, member_count };
  }
}
