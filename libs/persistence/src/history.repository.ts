import { Injectable } from '@nestjs/common';
import {
  TranscriptRoot,
  type DataAuction,
  type DataAward,
  type DataClaim,
  type DataDelivery,
  type DataMember,
  type DataOutcome,
  type DataReputation,
  type Fee,
  type Hex,
  type SignedBidsFrozen,
  type SignedTranscriptRoot,
} from '@odf/protocol';
import { DataSource } from 'typeorm';
import { dataClaimOf } from './claims.repository.js';
import { fromBytea, toBytea } from './columns.js';
import { publicFeeOf } from './fees.repository.js';
import { historyTables, type HistoryFilter, type HistoryName, type HistoryTable } from './history.tables.js';
import { MEMBER_BYTES, unpackMembers } from './members.codec.js';

/** A page of a history: items behind the id `after`, rising or falling by id. */
export interface HistoryPage {
  limit: number;
  after?: string;
  falling: boolean;
  filters: Partial<Record<HistoryFilter, Hex>>;
}

/** What a cleared auction is published by. */
export interface PublishedAuction {
  /** Null until the bids are frozen. */
  frozen: SignedBidsFrozen | null;
  /** Null until the auction has cleared. */
  transcript: { bytes: Uint8Array; root: SignedTranscriptRoot } | null;
  member_count: number;
}

/** One bid of an auction, by what its receipt says. */
export interface ReceiptedBid {
  seq: number;
  bid_root: Hex;
  coprocessor: Hex;
  at_ms: number;
}

type Row = Record<string, unknown>;

/** The relay's public history, read only. */
@Injectable()
export class HistoryRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Auctions with their signed bid sets and transcript roots as far as there are any. */
  async auctions(page: HistoryPage): Promise<DataAuction[]> {
    return (await this.#page('auctions', page)).map((row) => ({
      id: String(row['id']),
      auction_id: hex(row['auction_id']),
      avs_id: hex(row['avs_id']),
      mode: row['mode'] as DataAuction['mode'],
      round: Number(row['round']),
      state: row['state'] as DataAuction['state'],
      opens_at_ms: whole(row['opens_at_ms']),
      closes_at_ms: whole(row['closes_at_ms']),
      term_start_ms: whole(row['term_start_ms']),
      term_end_ms: whole(row['term_end_ms']),
      frozen_at_ms: row['frozen_at_ms'] === null ? null : whole(row['frozen_at_ms']),
      bids: Number(row['bid_count']),
      members: Number(row['member_count']),
      frozen: frozenOf(row),
      transcript_root: transcriptRootOf(row),
    }));
  }

  /** Signed awards with price and owner. */
  async awards(page: HistoryPage): Promise<DataAward[]> {
    return (await this.#page('awards', page)).map((row) => ({
      id: String(row['id']),
      award: {
        message: {
          auction_id: hex(row['auction_id']),
          avs_id: hex(row['avs_id']),
          role: Number(row['role']),
          coprocessor: hex(row['coprocessor']),
          line_id: hex(row['line_id']),
          award_root: hex(row['award_root']),
          units: Number(row['units']),
          term_start_ms: whole(row['term_start_ms']),
          term_end_ms: whole(row['term_end_ms']),
        },
        signature: hex(row['signature']),
      },
      price_bps: Number(row['price_bps']),
      owner: hex(row['owner']),
    }));
  }

  /** Deliveries by their attestation roots; the verdict stays out until the task is over. */
  async deliveries(page: HistoryPage): Promise<DataDelivery[]> {
    return (await this.#page('deliveries', page)).map((row) => ({
      id: String(row['id']),
      task_id: hex(row['task_id']),
      auction_id: hex(row['auction_id']),
      coprocessor: hex(row['coprocessor']),
      role: Number(row['role']),
      attestation_root: hex(row['attestation_root']),
      state: row['state'] as DataDelivery['state'],
      verdict: row['verdict'] as string | null,
      at_ms: whole(row['at_ms']),
    }));
  }

  /** Outcomes without their response digests. */
  async outcomes(page: HistoryPage): Promise<DataOutcome[]> {
    return (await this.#page('outcomes', page)).map((row) => ({
      id: String(row['id']),
      task_id: hex(row['task_id']),
      validator: hex(row['validator']),
      status: Number(row['status']),
      reference: hex(row['reference']),
      at_ms: whole(row['at_ms']),
    }));
  }

  /** Fees without whether an escrow answers for them. */
  async fees(page: HistoryPage): Promise<Fee[]> {
    return (await this.#page('fees', page)).map(publicFeeOf);
  }

  /** Claims that this relay was asked to file. */
  async claims(page: HistoryPage): Promise<DataClaim[]> {
    return (await this.#page('claims', page)).map(dataClaimOf);
  }

  /** Events of reputations. */
  async reputation(page: HistoryPage): Promise<DataReputation[]> {
    return (await this.#page('reputation', page)).map((row) => ({
      id: String(row['id']),
      coprocessor: hex(row['coprocessor']),
      owner: hex(row['owner']),
      avs_id: hex(row['avs_id']),
      task_id: hex(row['task_id']),
      kind: String(row['kind']),
      attribution: row['attribution'] as DataReputation['attribution'],
      evidence: row['evidence'] as Record<string, unknown>,
      at_ms: whole(row['at_ms']),
    }));
  }

  /** Primary units by owner of each cleared auction. */
  async concentration(page: HistoryPage): Promise<{ id: string; auction_id: Hex; avs_id: Hex; units: number[] }[]> {
    return (await this.#page('concentration', page)).map((row) => ({
      id: String(row['id']),
      auction_id: hex(row['auction_id']),
      avs_id: hex(row['avs_id']),
      units: row['units'] as number[],
    }));
  }

  /** What an auction is published by, or null if there is no such auction. */
  async published(auctionId: Hex): Promise<PublishedAuction | null> {
    const [row]: Row[] = await this.dataSource.query(
      `select auction_id, bids_root, bid_count, frozen_signature, transcript, transcript_root, transcript_signature,
         member_count from auctions where auction_id = $1`,
      [toBytea(auctionId)],
    );
    if (!row) return null;
    const root = transcriptRootOf(row);
    return {
      frozen: frozenOf(row),
      transcript: root && { bytes: row['transcript'] as Buffer, root },
      member_count: Number(row['member_count']),
    };
  }

  /** Members of a cleared auction from index `from` on, at most `limit`. */
  async members(auctionId: Hex, from: number, limit: number): Promise<DataMember[]> {
    const [row]: { page: Buffer | null }[] = await this.dataSource.query(
      'select substring(members from $2::integer for $3::integer) as page from auctions where auction_id = $1',
      [toBytea(auctionId), from * MEMBER_BYTES + 1, limit * MEMBER_BYTES],
    );
    return unpackMembers(row?.page ?? Buffer.alloc(0)).map((member, index) => ({
      id: String(from + index),
      ...member,
    }));
  }

  /** The signed bid set of a frozen auction, null before, undefined if there is no such auction. */
  async frozen(auctionId: Hex): Promise<SignedBidsFrozen | null | undefined> {
    const [row]: Row[] = await this.dataSource.query(
      'select auction_id, bids_root, bid_count, frozen_signature from auctions where auction_id = $1',
      [toBytea(auctionId)],
    );
    return row && frozenOf(row);
  }

  /** The bids of an auction with a seq above `after`, rising, at most `limit`. */
  async bids(auctionId: Hex, after: number, limit: number): Promise<ReceiptedBid[]> {
    const rows: Row[] = await this.dataSource.query(
      `select seq, bid_root, coprocessor, at_ms from bids where auction_id = $1 and seq > $2 order by seq limit $3`,
      [toBytea(auctionId), after, limit],
    );
    return rows.map(receipted);
  }

  /** The first bid of an auction with this root, or null. */
  async firstBid(auctionId: Hex, bidRoot: Hex): Promise<ReceiptedBid | null> {
    const [row]: Row[] = await this.dataSource.query(
      `select seq, bid_root, coprocessor, at_ms from bids where auction_id = $1 and bid_root = $2 order by seq limit 1`,
      [toBytea(auctionId), toBytea(bidRoot)],
    );
    return row ? receipted(row) : null;
  }

  async #page(name: HistoryName, { limit, after, falling, filters }: HistoryPage): Promise<Row[]> {
    const table: HistoryTable = historyTables[name];
    const parameters: unknown[] = [];
    const conditions: string[] = table.where === undefined ? [] : [table.where];
    const bind = (condition: string, value: unknown): void => {
      conditions.push(`${condition} $${parameters.push(value)}`);
    };
    for (const filter of table.filters) {
      const wanted = filters[filter];
      if (wanted !== undefined) bind(`item.${filter} =`, toBytea(wanted));
    }
    if (after !== undefined) bind(`item.id ${falling ? '<' : '>'}`, after);
    const where = conditions.length > 0 ? `where ${conditions.join(' and ')}` : '';
    return this.dataSource.query(
      `select ${table.select} from ${table.from} ${where}
       order by item.id ${falling ? 'desc' : 'asc'} limit $${parameters.push(limit)}`,
      parameters,
    );
  }
}

function hex(value: unknown): Hex {
  return fromBytea(value as Buffer);
}

function whole(value: unknown): bigint {
  return BigInt(value as string);
}

function receipted(row: Row): ReceiptedBid {
  return {
    seq: Number(row['seq']),
    bid_root: hex(row['bid_root']),
    coprocessor: hex(row['coprocessor']),
    at_ms: Number(row['at_ms']),
  };
}

function frozenOf(row: Row): SignedBidsFrozen | null {
  if (row['frozen_signature'] === null || row['bids_root'] === null) return null;
  const message = {
    auction_id: hex(row['auction_id']),
    bids_root: hex(row['bids_root']),
    count: Number(row['bid_count']),
  };
  return { message, signature: hex(row['frozen_signature']) };
}

function transcriptRootOf(row: Row): SignedTranscriptRoot | null {
  if (row['transcript_root'] === null || row['transcript_signature'] === null) return null;
  const message = TranscriptRoot.deserialize(new Uint8Array(row['transcript_root'] as Buffer));
  return { message, signature: hex(row['transcript_signature']) };
}
