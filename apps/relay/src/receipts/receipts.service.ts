import { Injectable } from '@nestjs/common';
import { ReceiptsRepository, type QueryRunnerLike, type ReceiptPlace } from '@odf/persistence';
import {
  ListTree,
  Receipt,
  ReceiptBatch,
  RECEIPTS_DEPTH,
  type SignedReceipt,
  type SignedReceiptBatch,
} from '@odf/protocol';
import { LRUCache } from 'lru-cache';
import { RelaySigner } from '../core/relay-signer.js';

/** Most receipts under one signature. */
export const MAX_RECEIPTS_PER_BATCH = 2 ** RECEIPTS_DEPTH;

interface OpenBatch {
  tree: ListTree;
  signed: SignedReceiptBatch;
}

/** Receipts: signed once per batch, rebuilt from what they acknowledge and their place in it. */
@Injectable()
export class ReceiptsService {
  readonly #batches = new LRUCache<string, OpenBatch>({ max: 512 });

  constructor(
    private readonly receipts: ReceiptsRepository,
    private readonly signer: RelaySigner,
  ) {}

  /**
   * Signs receipts in the caller's transaction; they may leave only once it has committed.
   *
   * @returns their places, in order.
   */
  async issue(runner: QueryRunnerLike, receipts: readonly Receipt[]): Promise<ReceiptPlace[]> {
    const places: ReceiptPlace[] = [];
    for (let from = 0; from < receipts.length; from += MAX_RECEIPTS_PER_BATCH) {
      const part = receipts.slice(from, from + MAX_RECEIPTS_PER_BATCH);
      const tree = ListTree.of(part.map(Receipt.root), RECEIPTS_DEPTH);
      const signed = this.signer.sign(ReceiptBatch, { receipts_root: tree.root, count: part.length });
      const batchId = await this.receipts.insertBatch(runner, {
        leafRoots: tree.leafRoots,
        signature: signed.signature,
      });
      this.#batches.set(batchId, { tree, signed });
      places.push(...part.map((_, batchIndex) => ({ batchId, batchIndex })));
    }
    return places;
  }

  /** The signed receipts at these places. */
  async signedReceipts(items: readonly { receipt: Receipt; place: ReceiptPlace }[]): Promise<SignedReceipt[]> {
    const batches = await this.#load(items.map(({ place }) => place.batchId));
    return items.map(({ receipt, place }) => {
      const { tree, signed } = batches.get(place.batchId)!;
      return { receipt, ...tree.branch(place.batchIndex), batch: signed };
    });
  }

  /** The signed receipt at one place. */
  async signedReceipt(receipt: Receipt, place: ReceiptPlace): Promise<SignedReceipt> {
    const [signed] = await this.signedReceipts([{ receipt, place }]);
    return signed!;
  }

  /** These batches; what others load meanwhile may push them out of the cache, so that they are held here. */
  async #load(ids: readonly string[]): Promise<Map<string, OpenBatch>> {
    const batches = new Map<string, OpenBatch>();
    for (const id of ids) {
      const known = this.#batches.get(id);
      if (known) batches.set(id, known);
    }
    const missing = [...new Set(ids)].filter((id) => !batches.has(id));
    if (missing.length === 0) return batches;
    for (const [id, { leafRoots, signature }] of await this.receipts.findBatches(missing)) {
      const tree = new ListTree(leafRoots, RECEIPTS_DEPTH);
      const batch = { tree, signed: { message: { receipts_root: tree.root, count: tree.length }, signature } };
      this.#batches.set(id, batch);
      batches.set(id, batch);
    }
    return batches;
  }
}
