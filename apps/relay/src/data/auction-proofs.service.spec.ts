import type { HistoryRepository, PublishedAuction, ReceiptedBid } from '@odf/persistence';
import { Receipt, REGISTRY_DEPTH, verifyBranch, type Hex, type SignedBidsFrozen } from '@odf/protocol';
import { AuctionProofsService } from './auction-proofs.service.js';
import { BidTrees } from './bid-trees.js';

const root = (n: number): Hex => `0x${n.toString(16).padStart(64, '0')}`;
const bids: ReceiptedBid[] = Array.from({ length: 2_500 }, (_, index) => ({
  seq: index + 1,
  bid_root: root(1000 + index),
  coprocessor: `0x${(index % 7).toString().padStart(96, '0')}`,
  at_ms: index,
}));
const auction = root(1);
const notFrozen = root(2);
const frozen: SignedBidsFrozen = {
  message: { auction_id: auction, bids_root: root(9), count: bids.length },
  signature: `0x${'00'.repeat(96)}`,
};

/** A history of one frozen auction that has not cleared and one that is open; counts the pages of bids read. */
class FewAuctions {
  pages = 0;

  async frozen(id: Hex): Promise<SignedBidsFrozen | null | undefined> {
    if (id === notFrozen) return null;
    return id === auction ? frozen : undefined;
  }

  async published(id: Hex): Promise<PublishedAuction | null> {
    return id === auction ? { frozen, transcript: null, member_count: 0 } : null;
  }

  async bids(_: Hex, after: number, limit: number): Promise<ReceiptedBid[]> {
    this.pages += 1;
    return bids.slice(after, after + limit);
  }

  async firstBid(_: Hex, bidRoot: Hex): Promise<ReceiptedBid | null> {
    return bids.find(({ bid_root }) => bid_root === bidRoot) ?? null;
  }
}

describe('AuctionProofsService', () => {
  const history = new FewAuctions();
  const trees = new BidTrees(history as unknown as HistoryRepository);
  const service = new AuctionProofsService(history as unknown as HistoryRepository, trees);

  it('proves bids of every page under one root, which it builds once', async () => {
    const asked = [0, 1, 1_023, 1_024, 2_499].map((index) => bids[index]!);
    const proofs = await Promise.all(asked.map(({ bid_root }) => service.bidProof(auction, bid_root)));
    const { root: bidsRoot } = await trees.of(auction);
    for (const [at, { receipt, index, branch, frozen: signed }] of proofs.entries()) {
      expect([receipt.subject_root, receipt.seq, index]).toEqual([
        asked[at]!.bid_root,
        BigInt(asked[at]!.seq),
        asked[at]!.seq - 1,
      ]);
      const leafRoot = Receipt.root(receipt);
      expect(verifyBranch({ root: bidsRoot, leafRoot, index, branch, depth: REGISTRY_DEPTH })).toBe(true);
      expect(signed).toBe(frozen);
    }
    expect(history.pages).toBe(4);
  });

  it.each([
    ['a bid of an unknown auction', () => service.bidProof(root(3), root(1000)), 'AUCTION_UNKNOWN'],
    ['a bid of an open auction', () => service.bidProof(notFrozen, root(1000)), 'AUCTION_NOT_CLEARED'],
    ['an unknown bid', () => service.bidProof(auction, root(5)), 'PROOF_UNKNOWN'],
    ['the transcript of an unknown auction', () => service.transcript(root(3)), 'AUCTION_UNKNOWN'],
    ['the transcript before clearing', () => service.transcript(auction), 'AUCTION_NOT_CLEARED'],
    ['the members before clearing', () => service.members(auction, { limit: 1 }), 'AUCTION_NOT_CLEARED'],
  ])('refuses %s', async (_, ask, code) => {
    await expect(ask()).rejects.toMatchObject({ code });
  });
});
