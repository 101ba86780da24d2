import { Injectable } from '@nestjs/common';
import type { Hex } from '@odf/protocol';
import { DataSource } from 'typeorm';
import { fromBytea, insertMany, toBytea, type QueryRunnerLike } from './columns.js';
import type { ReceiptPlace } from './receipts.repository.js';

/** A receipted bid; `bid` is the SSZ of the SignedBid. */
export interface BidRecord extends ReceiptPlace {
  auctionId: Hex;
  seq: number;
  bidRoot: Hex;
  coprocessor: Hex;
  bid: Uint8Array;
  atMs: number;
}

/** The highest nonce of a coprocessor at an AVS, and its newest standing bid if it ever had one; without steps it is cancelled. */
export interface BidNonceRecord {
  coprocessor: Hex;
  avsId: Hex;
  nonce: bigint;
  bidRoot: Hex;
  standing: StandingBid | null;
}

/** A standing bid with the place of its own receipt; `bid` is the SSZ of the SignedBid. */
export interface StandingBid extends ReceiptPlace {
  bidRoot: Hex;
  bid: Uint8Array;
  atMs: number;
}

interface BidRow {
  auction_id: Buffer;
  seq: number;
  bid_root: Buffer;
  coprocessor: Buffer;
  bid: Buffer;
  at_ms: string;
  batch_id: string;
  batch_index: number;
}

interface NonceRow {
  coprocessor: Buffer;
  avs_id: Buffer;
  nonce: string;
  bid_root: Buffer;
  standing_bid: Buffer | null;
  standing_root: Buffer | null;
  standing_at_ms: string | null;
  batch_id: string | null;
  batch_index: number | null;
}

const NONCE_COLUMNS = `coprocessor, avs_id, nonce, bid_root, standing_bid, standing_root, standing_at_ms, batch_id,
  batch_index`;

/** Receipted bids, nonces and standing bids. */
@Injectable()
export class BidsRepository {
  constructor(private readonly database: DataSource) {}

  /**
   * Waits for, and until the end of the transaction keeps away, the opening of auctions of these AVSs: a standing bid is either
   * before an opening or after it.
   */
  async shareOpening(runner: QueryRunnerLike, avsIds: readonly Hex[]): Promise<void> {
    for (const avsId of [...new Set(avsIds)].sort()) {
      await runner.query('select pg_advisory_xact_lock_shared($1, hashtext($2))', [OPENING_LOCK, avsId]);
    }
  }

  /** The opening side of {@link shareOpening}. */
  async lockOpening(runner: QueryRunnerLike, avsId: Hex): Promise<void> {
    await runner.query('select pg_advisory_xact_lock($1, hashtext($2))', [OPENING_LOCK, avsId]);
  }

  /** Locks the nonces of these (coprocessor, AVS) pairs, making missing ones that no bid has used (nonce -1). */
  async lockNonces(
    runner: QueryRunnerLike,
    pairs: readonly { coprocessor: Hex; avsId: Hex }[],
  ): Promise<BidNonceRecord[]> {
    const coprocessors = pairs.map(({ coprocessor }) => toBytea(coprocessor));
    const avsIds = pairs.map(({ avsId }) => toBytea(avsId));
    await runner.query(
      `insert into bid_nonces (coprocessor, avs_id, nonce, bid_root)
       select c, a, -1, '' from unnest($1::bytea[], $2::bytea[]) as t(c, a) order by c, a on conflict do nothing`,
      [coprocessors, avsIds],
    );
    const rows = (await runner.query(
      `select ${NONCE_COLUMNS} from bid_nonces
       where (coprocessor, avs_id) in (select * from unnest($1::bytea[], $2::bytea[]))
       order by coprocessor, avs_id for update`,
      [coprocessors, avsIds],
    )) as NonceRow[];
    return rows.map(nonceRecord);
  }

  /** Writes back nonces that {@link lockNonces} locked. */
  async saveNonces(runner: QueryRunnerLike, nonces: readonly BidNonceRecord[]): Promise<void> {
    const standing = nonces.map((nonce) => nonce.standing);
    await insertMany(
      runner,
      'bid_nonces',
      {
        coprocessor: { type: 'bytea', values: nonces.map(({ coprocessor }) => coprocessor) },
        avs_id: { type: 'bytea', values: nonces.map(({ avsId }) => avsId) },
        nonce: { type: 'numeric', values: nonces.map(({ nonce }) => nonce.toString()) },
        bid_root: { type: 'bytea', values: nonces.map(({ bidRoot }) => bidRoot) },
        standing_bid: { type: 'bytea', values: standing.map((bid) => bid?.bid ?? null) },
        standing_root: { type: 'bytea', values: standing.map((bid) => bid?.bidRoot ?? null) },
        standing_at_ms: { type: 'bigint', values: standing.map((bid) => bid?.atMs ?? null) },
        batch_id: { type: 'bigint', values: standing.map((bid) => bid?.batchId ?? null) },
        batch_index: { type: 'integer', values: standing.map((bid) => bid?.batchIndex ?? null) },
      },
      {
        onConflict: `(coprocessor, avs_id) do update set nonce = excluded.nonce, bid_root = excluded.bid_root,
          standing_bid = excluded.standing_bid, standing_root = excluded.standing_root,
          standing_at_ms = excluded.standing_at_ms, batch_id = excluded.batch_id, batch_index = excluded.batch_index`,
      },
    );
  }

  /** The newest standing bids of an AVS, cancelled ones included. */
  async standingBids(runner: QueryRunnerLike, avsId: Hex): Promise<BidNonceRecord[]> {
    const rows = (await runner.query(
      `select ${NONCE_COLUMNS} from bid_nonces where avs_id = $1 and standing_bid is not null order by coprocessor`,
      [toBytea(avsId)],
    )) as NonceRow[];
    return rows.map(nonceRecord);
  }

  /** How many bids each of these coprocessors has in an auction. */
  async countsOf(runner: QueryRunnerLike, auctionId: Hex, coprocessors: readonly Hex[]): Promise<Map<Hex, number>> {
    const rows = (await runner.query(
      `select coprocessor, count(*)::integer as bids from bids
       where auction_id = $1 and coprocessor = any($2::bytea[]) group by coprocessor`,
      [toBytea(auctionId), coprocessors.map(toBytea)],
    )) as { coprocessor: Buffer; bids: number }[];
    return new Map(rows.map((row) => [fromBytea(row.coprocessor), row.bids]));
  }

  /** Stores receipted bids in one statement. */
  async insert(runner: QueryRunnerLike, bids: readonly BidRecord[]): Promise<void> {
    await insertMany(runner, 'bids', {
      auction_id: { type: 'bytea', values: bids.map(({ auctionId }) => auctionId) },
      seq: { type: 'integer', values: bids.map(({ seq }) => seq) },
      bid_root: { type: 'bytea', values: bids.map(({ bidRoot }) => bidRoot) },
      coprocessor: { type: 'bytea', values: bids.map(({ coprocessor }) => coprocessor) },
      bid: { type: 'bytea', values: bids.map(({ bid }) => bid) },
      at_ms: { type: 'bigint', values: bids.map(({ atMs }) => atMs) },
      batch_id: { type: 'bigint', values: bids.map(({ batchId }) => batchId) },
      batch_index: { type: 'integer', values: bids.map(({ batchIndex }) => batchIndex) },
    });
  }

  /** The receipted bids with this root, oldest first. */
  async findByRoot(bidRoot: Hex, runner: QueryRunnerLike = this.database): Promise<BidRecord[]> {
    const rows = (await runner.query('select * from bids where bid_root = $1 order by batch_id, seq', [
      toBytea(bidRoot),
    ])) as BidRow[];
    return rows.map(bidRecord);
  }

  /** All receipted bids of an auction by seq. */
  async ofAuction(auctionId: Hex, runner: QueryRunnerLike = this.database): Promise<BidRecord[]> {
    const rows = (await runner.query('select * from bids where auction_id = $1 order by seq', [
      toBytea(auctionId),
    ])) as BidRow[];
    return rows.map(bidRecord);
  }

  /** When the first bid of an auction arrived, Unix ms; null before. */
  async firstAtMs(runner: QueryRunnerLike, auctionId: Hex): Promise<number | null> {
    const [row] = (await runner.query('select at_ms from bids where auction_id = $1 and seq = 1', [
      toBytea(auctionId),
    ])) as { at_ms: string }[];
    return row ? Number(row.at_ms) : null;
  }

  /** A coprocessor's receipted bids of an auction by seq. */
  async ofCoprocessor(auctionId: Hex, coprocessor: Hex): Promise<BidRecord[]> {
    const rows: BidRow[] = await this.database.query(
      'select * from bids where auction_id = $1 and coprocessor = $2 order by seq',
      [toBytea(auctionId), toBytea(coprocessor)],
    );
    return rows.map(bidRecord);
  }
}

/** Any number is fine as long as nothing else in the schema uses it. */
const OPENING_LOCK = 0x0df003;

function bidRecord(row: BidRow): BidRecord {
  return {
    auctionId: fromBytea(row.auction_id),
    seq: row.seq,
    bidRoot: fromBytea(row.bid_root),
    coprocessor: fromBytea(row.coprocessor),
    bid: new Uint8Array(row.bid),
    atMs: Number(row.at_ms),
    batchId: row.batch_id,
    batchIndex: row.batch_index,
  };
}

function nonceRecord(row: NonceRow): BidNonceRecord {
  return {
    coprocessor: fromBytea(row.coprocessor),
    avsId: fromBytea(row.avs_id),
    nonce: BigInt(row.nonce),
    bidRoot: fromBytea(row.bid_root),
    standing: row.standing_bid && {
      bid: new Uint8Array(row.standing_bid),
      bidRoot: fromBytea(row.standing_root!),
      atMs: Number(row.standing_at_ms),
      batchId: row.batch_id!,
      batchIndex: row.batch_index!,
    },
  };
}
