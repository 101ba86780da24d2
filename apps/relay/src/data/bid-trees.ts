import { Injectable } from '@nestjs/common';
import { HistoryRepository } from '@odf/persistence';
import { ListTree, REGISTRY_DEPTH, Receipt, fromHex, type Hex } from '@odf/protocol';
import { LRUCache } from 'lru-cache';
import { setImmediate } from 'node:timers/promises';
import { receiptOf } from '../core/bid-receipt.js';

/** Most bytes of trees kept; a tree has about 64 bytes a bid. */
const MAX_BYTES = 64 * 2 ** 20;
const BYTES_PER_BID = 64;
/** Bids read and hashed at once; other requests get their turn in between. */
const PAGE = 1_024;

/** The Merkle trees of frozen auctions' bid receipts; the recently asked ones stay in memory. */
@Injectable()
export class BidTrees {
  readonly #trees = new LRUCache<Hex, ListTree>({
    maxSize: MAX_BYTES,
    sizeCalculation: ({ length }) => (length + 1) * BYTES_PER_BID,
    fetchMethod: (auctionId) => this.#build(auctionId),
  });

  constructor(private readonly history: HistoryRepository) {}

  /** The tree of a frozen auction; questions that come while it is built share the work. */
  of(auctionId: Hex): Promise<ListTree> {
    return this.#trees.forceFetch(auctionId);
  }

  async #build(auctionId: Hex): Promise<ListTree> {
    const roots: Uint8Array[] = [];
    for (let page = await this.history.bids(auctionId, 0, PAGE); page.length > 0;) {
      for (const { bid_root, coprocessor, seq, at_ms } of page) {
        roots.push(fromHex(Receipt.root(receiptOf(auctionId, bid_root, coprocessor, seq, at_ms))));
      }
      await setImmediate();
      page = await this.history.bids(auctionId, page.at(-1)!.seq, PAGE);
    }
    return new ListTree(new Uint8Array(Buffer.concat(roots)), REGISTRY_DEPTH);
  }
}
