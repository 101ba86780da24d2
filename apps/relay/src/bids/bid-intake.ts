import { Inject, Injectable } from '@nestjs/common';
import { isExpired } from '@odf/market';
import {
  AuctionsRepository,
  BidsRepository,
  inTransaction,
  type AuctionRecord,
  type BidNonceRecord,
  type BidRecord,
  type QueryRunnerLike,
  type ReceiptPlace,
} from '@odf/persistence';
import { OdfError, SignedBid, zeroHex, type Hex, type Receipt, type SignedReceipt } from '@odf/protocol';
import { type Clock } from '@odf/telemetry';
import { DataSource } from 'typeorm';
import { receiptOf } from '../core/bid-receipt.js';
import { GroupCommit, type GroupAnswer } from '../core/group-commit.js';
import { ReceiptsService } from '../receipts/receipts.service.js';
import { RelayMetrics } from '../relay.metrics.js';
import { CLOCK } from '../relay.tokens.js';
import { isStanding, MAX_BIDS_PER_AUCTION, MAX_REPLACEMENTS } from './bids.rules.js';

/** A bid that passed every check that needs no transaction. */
export interface CheckedBid {
  bid: SignedBid;
  root: Hex;
  /** Why it may not be placed now; a repeat of what was placed earlier still gets its receipt. */
  refusal?: OdfError | undefined;
}

/** A receipt that is to be signed, and who waits for it. */
interface Draft {
  receipt: Receipt;
  record?: Omit<BidRecord, keyof ReceiptPlace>;
  nonce?: BidNonceRecord;
  place?: ReceiptPlace;
}

const ZERO_ID = zeroHex(32);
const MAX_BATCH = 256;
const MAX_WAITING = 8192;

/** Makes bids durable in batches: sequence, nonce, receipt and bid in one transaction. */
@Injectable()
export class BidIntake {
  readonly #group: GroupCommit<CheckedBid, SignedReceipt>;

  constructor(
    private readonly database: DataSource,
    private readonly auctions: AuctionsRepository,
    private readonly bids: BidsRepository,
    private readonly receipts: ReceiptsService,
    metrics: RelayMetrics,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.#group = new GroupCommit((items) => this.#commit(items), {
      maxBatch: MAX_BATCH,
      maxWaiting: MAX_WAITING,
      onBatch: (size, seconds) => {
        metrics.bidBatches.observe(size);
        metrics.bidCommit.observe(seconds);
      },
    });
  }

  /**
   * Waits until a bid is durable and returns its receipt; an identical repeat gets the first one's.
   *
   * @throws {OdfError} BID_AUCTION_CLOSED, BID_NONCE_STALE, BID_REPLACEMENTS_EXCEEDED, AUCTION_UNKNOWN, …
   */
  place(bid: CheckedBid): Promise<SignedReceipt> {
    return this.#group.submit(bid);
  }

  /** Waits until nothing waits. */
  drain(): Promise<void> {
    return this.#group.drain();
  }

  async #commit(items: CheckedBid[]): Promise<GroupAnswer<SignedReceipt>[]> {
    const { answers, drafts } = await inTransaction(this.database, (runner) =>
      new IntakeTransaction(runner, this.auctions, this.bids, this.receipts, this.clock.nowMs()).run(items),
    );
    const signed = await this.receipts.signedReceipts(drafts.map(({ receipt, place }) => ({ receipt, place: place! })));
    return answers.map((answer) => (answer instanceof OdfError ? answer : signed[answer]!));
  }
}

/** One transaction of the intake: what it has locked and what it will write. */
class IntakeTransaction {
  readonly #drafts: Draft[] = [];
  readonly #counts = new Map<Hex, Map<Hex, number>>();
  readonly #touched = new Set<BidNonceRecord>();
  #locked = new Map<Hex, AuctionRecord>();
  #nonces = new Map<string, BidNonceRecord>();

  constructor(
    private readonly runner: QueryRunnerLike,
    private readonly auctions: AuctionsRepository,
    private readonly bids: BidsRepository,
    private readonly receipts: ReceiptsService,
    private readonly nowMs: number,
  ) {}

  /** Answers each item with a refusal or the index of its draft. */
  async run(items: readonly CheckedBid[]): Promise<{ answers: (number | OdfError)[]; drafts: Draft[] }> {
    await this.#lock(items.map(({ bid }) => bid));
    const answers: (number | OdfError)[] = [];
    for (const item of items) answers.push(await this.#place(item));
    await this.#write();
    return { answers, drafts: this.#drafts };
  }

  /** Locks in one order (openings, auctions, nonces), so that instances never wait in a ring. */
  async #lock(bids: readonly SignedBid[]): Promise<void> {
    const standing = bids.filter(({ message }) => isStanding(message)).map(({ message }) => message.avs_id);
    await this.bids.shareOpening(this.runner, standing);
    const ids = new Set(bids.filter(({ message }) => !isStanding(message)).map(({ message }) => message.auction_id));
    for (const avsId of new Set(standing)) {
      for (const { auctionId } of await this.auctions.inStates(avsId, ['open'], this.runner)) ids.add(auctionId);
    }
    this.#locked = await this.auctions.lock(this.runner, [...ids]);
    const pairs = new Map(
      bids.map(({ message: { coprocessor, avs_id: avsId } }) => [coprocessor + avsId, { coprocessor, avsId }]),
    );
    const nonces = await this.bids.lockNonces(this.runner, [...pairs.values()]);
    this.#nonces = new Map(nonces.map((nonce) => [nonce.coprocessor + nonce.avsId, nonce]));
    const coprocessors = [...new Set(bids.map(({ message }) => message.coprocessor))];
    for (const auctionId of this.#locked.keys()) {
      this.#counts.set(auctionId, await this.bids.countsOf(this.runner, auctionId, coprocessors));
    }
  }

  async #place(item: CheckedBid): Promise<number | OdfError> {
    const { message } = item.bid;
    const nonce = this.#nonces.get(message.coprocessor + message.avs_id)!;
    const earlier = await this.#earlier(item, nonce);
    if (earlier !== undefined) return earlier;
    if (item.refusal) return item.refusal;
    if (message.nonce <= nonce.nonce) return new OdfError('BID_NONCE_STALE');
    return isStanding(message) ? this.#placeStanding(item, nonce) : this.#placeIn(message.auction_id, item, nonce);
  }

  /** The draft of an identical earlier bid, of this batch or of the database. */
  async #earlier({ bid, root }: CheckedBid, nonce: BidNonceRecord): Promise<number | undefined> {
    const { message } = bid;
    if (message.nonce > nonce.nonce) return undefined;
    const inBatch = this.#drafts.findIndex(
      ({ receipt }) => receipt.subject_root === root && receipt.auction_id === message.auction_id,
    );
    if (inBatch >= 0) return inBatch;
    if (isStanding(message)) {
      if (nonce.standing?.bidRoot !== root) return undefined;
      const { atMs, ...place } = nonce.standing;
      const receipt = receiptOf(ZERO_ID, root, message.coprocessor, 0, atMs);
      return this.#drafts.push({ receipt, place: { batchId: place.batchId, batchIndex: place.batchIndex } }) - 1;
    }
    const known = (await this.bids.findByRoot(root, this.runner)).find(
      ({ auctionId }) => auctionId === message.auction_id,
    );
    if (!known) return undefined;
    const { batchId, batchIndex } = known;
    const receipt = receiptOf(known.auctionId, root, message.coprocessor, known.seq, known.atMs);
    return this.#drafts.push({ receipt, place: { batchId, batchIndex } }) - 1;
  }

  /** A standing bid counts in every auction that is open, and in each that opens while it stands. */
  #placeStanding(item: CheckedBid, nonce: BidNonceRecord): number | OdfError {
    const { message } = item.bid;
    const open = [...this.#locked.values()].filter(({ avsId, state }) => avsId === message.avs_id && state === 'open');
    for (const auction of open) {
      const refusal = this.#refusalIn(auction, message.coprocessor);
      if (refusal) return refusal;
    }
    for (const auction of open) this.#draftIn(auction, item);
    this.#advance(nonce, item);
    const receipt = receiptOf(ZERO_ID, item.root, message.coprocessor, 0, this.nowMs);
    // A cancellation stays in its place, so that its repeat gets the same receipt.
    const signed = SignedBid.serialize(item.bid);
    nonce.standing = { bid: signed, bidRoot: item.root, atMs: this.nowMs, batchId: '', batchIndex: 0 };
    return this.#drafts.push({ receipt, nonce }) - 1;
  }

  #placeIn(auctionId: Hex, item: CheckedBid, nonce: BidNonceRecord): number | OdfError {
    const { message } = item.bid;
    const auction = this.#locked.get(auctionId);
    if (!auction) return new OdfError('AUCTION_UNKNOWN');
    if (auction.avsId !== message.avs_id) return new OdfError('BID_AVS_MISMATCH');
    if (auction.state !== 'open') return new OdfError('BID_AUCTION_CLOSED');
    if (isExpired(message, BigInt(auction.closesAtMs))) return new OdfError('BID_EXPIRED');
    const refusal = this.#refusalIn(auction, message.coprocessor);
    if (refusal) return refusal;
    this.#advance(nonce, item);
    return this.#draftIn(auction, item);
  }

  #refusalIn(auction: AuctionRecord, coprocessor: Hex): OdfError | undefined {
    if ((this.#counts.get(auction.auctionId)?.get(coprocessor) ?? 0) > MAX_REPLACEMENTS) {
      return new OdfError('BID_REPLACEMENTS_EXCEEDED');
    }
    return auction.bidCount >= MAX_BIDS_PER_AUCTION ? new OdfError('BID_TOO_MANY') : undefined;
  }

  #draftIn(auction: AuctionRecord, { bid, root }: CheckedBid): number {
    const { coprocessor } = bid.message;
    const seq = (auction.bidCount += 1);
    const counts = this.#counts.get(auction.auctionId)!;
    counts.set(coprocessor, (counts.get(coprocessor) ?? 0) + 1);
    const record = {
      auctionId: auction.auctionId,
      seq,
      bidRoot: root,
      coprocessor,
      bid: SignedBid.serialize(bid),
      atMs: this.nowMs,
    };
    const receipt = receiptOf(auction.auctionId, root, coprocessor, seq, this.nowMs);
    return this.#drafts.push({ receipt, record }) - 1;
  }

  #advance(nonce: BidNonceRecord, { bid, root }: CheckedBid): void {
    nonce.nonce = bid.message.nonce;
    nonce.bidRoot = root;
    this.#touched.add(nonce);
  }

  async #write(): Promise<void> {
    const fresh = this.#drafts.filter(({ place }) => place === undefined);
    if (fresh.length === 0) return;
    const places = await this.receipts.issue(
      this.runner,
      fresh.map(({ receipt }) => receipt),
    );
    fresh.forEach((draft, index) => {
      draft.place = places[index]!;
      if (draft.nonce?.standing?.bidRoot === draft.receipt.subject_root)
        Object.assign(draft.nonce.standing, draft.place);
    });
    const records = fresh.flatMap(({ record, place }) => (record ? [{ ...record, ...place! }] : []));
    await this.bids.insert(this.runner, records);
    for (const auctionId of new Set(records.map((record) => record.auctionId))) {
      await this.auctions.countBids(this.runner, auctionId, this.#locked.get(auctionId)!.bidCount);
    }
    await this.bids.saveNonces(this.runner, [...this.#touched]);
  }
}
