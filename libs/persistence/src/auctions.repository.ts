import { Injectable } from '@nestjs/common';
import type { AuctionState, Hex } from '@odf/protocol';
import { DataSource } from 'typeorm';
import { fromBytea, toBytea, type QueryRunnerLike } from './columns.js';

/** An auction without its large parts; times in Unix ms. */
export interface AuctionRecord {
  id: string;
  auctionId: Hex;
  avsId: Hex;
  mode: 'term' | 'task';
  taskId: Hex | null;
  round: number;
  state: AuctionState;
  opensAtMs: number;
  closesAtMs: number;
  termStartMs: number;
  termEndMs: number;
  /** Frozen at opening; wire JSON. */
  parameters: Record<string, unknown>;
  bidCount: number;
  frozenAtMs: number | null;
  frozenSignature: Hex | null;
  bidsRoot: Hex | null;
  memberCount: number;
}

/** An auction to be opened. */
export type NewAuction = Pick<
  AuctionRecord,
  | 'auctionId'
  | 'avsId'
  | 'mode'
  | 'taskId'
  | 'round'
  | 'opensAtMs'
  | 'closesAtMs'
  | 'termStartMs'
  | 'termEndMs'
  | 'parameters'
>;

/** What freezing fixes: the set of bids, and the demand that they compete for; `classes` is wire JSON. */
export interface FrozenAuction {
  auctionId: Hex;
  frozenAtMs: number;
  bidsRoot: Hex;
  signature: Hex;
  classes: unknown;
  members: Uint8Array;
  memberCount: number;
}

/** What clearing leaves behind; `transcriptRoot` is the SSZ of the signed message. */
export interface ClearedAuction {
  auctionId: Hex;
  transcript: Uint8Array;
  transcriptRoot: Uint8Array;
  transcriptSignature: Hex;
  /** Median price in basis points; null in a thin term. */
  medianBps: number | null;
  /** What screens look at; JSON. */
  screenFacts: unknown;
}

/** The transcript of a cleared auction. */
export type AuctionTranscript = Omit<ClearedAuction, 'auctionId' | 'medianBps' | 'screenFacts'> & {
  members: Uint8Array;
};

interface Row {
  id: string;
  auction_id: Buffer;
  avs_id: Buffer;
  mode: 'term' | 'task';
  task_id: Buffer | null;
  round: number;
  state: AuctionState;
  opens_at_ms: string;
  closes_at_ms: string;
  term_start_ms: string;
  term_end_ms: string;
  parameters: Record<string, unknown>;
  bid_count: number;
  frozen_at_ms: string | null;
  frozen_signature: Buffer | null;
  bids_root: Buffer | null;
  member_count: number;
}

const COLUMNS = `id, auction_id, avs_id, mode, task_id, round, state, opens_at_ms, closes_at_ms, term_start_ms, term_end_ms,
  parameters, bid_count, frozen_at_ms, frozen_signature, bids_root, member_count`;

/** Auctions, from opening to transcript. */
@Injectable()
export class AuctionsRepository {
  constructor(private readonly database: DataSource) {}

  /** Opens an auction; false if it is open already. */
  async insert(runner: QueryRunnerLike, auction: NewAuction): Promise<boolean> {
    const rows = (await runner.query(
      `insert into auctions (auction_id, avs_id, mode, task_id, round, state, opens_at_ms, closes_at_ms, term_start_ms,
         term_end_ms, parameters)
       values ($1, $2, $3, $4, $5, 'open', $6, $7, $8, $9, $10) on conflict do nothing returning id`,
      [
        toBytea(auction.auctionId),
        toBytea(auction.avsId),
        auction.mode,
        auction.taskId && toBytea(auction.taskId),
        auction.round,
        auction.opensAtMs,
        auction.closesAtMs,
        auction.termStartMs,
        auction.termEndMs,
        JSON.stringify(auction.parameters),
      ],
    )) as unknown[];
    return rows.length === 1;
  }

  /** One auction. */
  async find(auctionId: Hex, runner: QueryRunnerLike = this.database): Promise<AuctionRecord | null> {
    const [row] = (await runner.query(`select ${COLUMNS} from auctions where auction_id = $1`, [
      toBytea(auctionId),
    ])) as Row[];
    return row ? record(row) : null;
  }

  /** Locks auctions against each other's transactions, in an order that cannot deadlock. */
  async lock(runner: QueryRunnerLike, auctionIds: readonly Hex[]): Promise<Map<Hex, AuctionRecord>> {
    const rows = (await runner.query(
      `select ${COLUMNS} from auctions where auction_id = any($1::bytea[]) order by auction_id for update`,
      [auctionIds.map(toBytea)],
    )) as Row[];
    return new Map(rows.map((row) => [fromBytea(row.auction_id), record(row)]));
  }

  /** Auctions of an AVS in any of these states, oldest first. */
  async inStates(
    avsId: Hex,
    states: readonly AuctionState[],
    runner: QueryRunnerLike = this.database,
  ): Promise<AuctionRecord[]> {
    const rows = (await runner.query(
      `select ${COLUMNS} from auctions where avs_id = $1 and state = any($2) order by id`,
      [toBytea(avsId), states],
    )) as Row[];
    return rows.map(record);
  }

  /** The newest auction of an AVS: of that task in task mode, of all terms without one. */
  async latest(avsId: Hex, taskId: Hex | null, runner: QueryRunnerLike = this.database): Promise<AuctionRecord | null> {
    const [row] = (await runner.query(
      `select ${COLUMNS} from auctions where avs_id = $1 and ${taskId ? 'task_id = $2' : 'task_id is null'}
       order by id desc limit 1`,
      [toBytea(avsId), ...(taskId ? [toBytea(taskId)] : [])],
    )) as Row[];
    return row ? record(row) : null;
  }

  /** A page of auctions, newest first, before the one with id `before`. */
  async page(query: {
    avsIds: readonly Hex[];
    state?: AuctionState | undefined;
    before?: string | undefined;
    limit: number;
  }): Promise<AuctionRecord[]> {
    const rows: Row[] = await this.database.query(
      `select ${COLUMNS} from auctions
       where avs_id = any($1::bytea[]) and ($2::text is null or state = $2) and ($3::bigint is null or id < $3)
       order by id desc limit $4`,
      [query.avsIds.map(toBytea), query.state ?? null, query.before ?? null, query.limit],
    );
    return rows.map(record);
  }

  /** Adds to the number of receipted bids. */
  async countBids(runner: QueryRunnerLike, auctionId: Hex, bidCount: number): Promise<void> {
    await runner.query('update auctions set bid_count = $2 where auction_id = $1', [toBytea(auctionId), bidCount]);
  }

  /** Moves a state on; the caller holds the lock. */
  async setState(runner: QueryRunnerLike, auctionId: Hex, state: AuctionState): Promise<void> {
    await runner.query('update auctions set state = $2 where auction_id = $1', [toBytea(auctionId), state]);
  }

  /** Keeps an auction open that nobody has bid in; its term moves with it. */
  async postpone(runner: QueryRunnerLike, auctionId: Hex, closesAtMs: number, termEndMs: number): Promise<void> {
    await runner.query('update auctions set closes_at_ms = $2, term_end_ms = $3 where auction_id = $1', [
      toBytea(auctionId),
      closesAtMs,
      termEndMs,
    ]);
  }

  /** Records the closed set of bids and, in the same transaction, the members that they compete for. */
  async freeze(runner: QueryRunnerLike, frozen: FrozenAuction): Promise<void> {
    await runner.query(
      `update auctions set state = 'frozen', frozen_at_ms = $2, bids_root = $3, frozen_signature = $4, classes = $5,
         members = $6, member_count = $7 where auction_id = $1`,
      [
        toBytea(frozen.auctionId),
        frozen.frozenAtMs,
        toBytea(frozen.bidsRoot),
        toBytea(frozen.signature),
        JSON.stringify(frozen.classes),
        Buffer.from(frozen.members),
        frozen.memberCount,
      ],
    );
  }

  /** The demand of a frozen auction, as {@link freeze} stored it; null before. */
  async demandOf(
    auctionId: Hex,
    runner: QueryRunnerLike = this.database,
  ): Promise<{ classes: unknown; members: Uint8Array } | null> {
    const [row] = (await runner.query('select classes, members from auctions where auction_id = $1', [
      toBytea(auctionId),
    ])) as { classes: unknown; members: Buffer | null }[];
    return row?.members ? { classes: row.classes, members: new Uint8Array(row.members) } : null;
  }

  /** The classes of frozen auctions. */
  async classesOf(auctionIds: readonly Hex[]): Promise<Map<Hex, unknown>> {
    const rows: { auction_id: Buffer; classes: unknown }[] = await this.database.query(
      'select auction_id, classes from auctions where auction_id = any($1::bytea[]) and classes is not null',
      [auctionIds.map(toBytea)],
    );
    return new Map(rows.map((row) => [fromBytea(row.auction_id), row.classes]));
  }

  /** Records the outcome of clearing. */
  async clear(runner: QueryRunnerLike, cleared: ClearedAuction): Promise<void> {
    await runner.query(
      `update auctions set state = 'cleared', transcript = $2, transcript_root = $3, transcript_signature = $4,
         median_bps = $5, screen_facts = $6
       where auction_id = $1`,
      [
        toBytea(cleared.auctionId),
        Buffer.from(cleared.transcript),
        Buffer.from(cleared.transcriptRoot),
        toBytea(cleared.transcriptSignature),
        cleared.medianBps,
        JSON.stringify(cleared.screenFacts),
      ],
    );
  }

  /** What screens look at of cleared auctions, newest first, before the one with id `before`. */
  async screenFacts(query: {
    avsId?: Hex | undefined;
    before?: string | undefined;
    limit: number;
  }): Promise<{ id: string; facts: unknown }[]> {
    return this.database.query(
      `select id, screen_facts as facts from auctions
       where screen_facts is not null and ($1::bytea is null or avs_id = $1) and ($2::bigint is null or id < $2)
       order by id desc limit $3`,
      [query.avsId ? toBytea(query.avsId) : null, query.before ?? null, query.limit],
    );
  }

  /** The newest cleared auctions of an AVS that were not thin, with their median prices in basis points, oldest first. */
  async referenceTerms(
    runner: QueryRunnerLike,
    avsId: Hex,
    limit: number,
  ): Promise<{ auction_id: Hex; median_bps: number }[]> {
    const rows = (await runner.query(
      `select auction_id, median_bps from auctions where avs_id = $1 and median_bps is not null order by id desc limit $2`,
      [toBytea(avsId), limit],
    )) as { auction_id: Buffer; median_bps: number }[];
    return rows.map(({ auction_id, median_bps }) => ({ auction_id: fromBytea(auction_id), median_bps })).reverse();
  }

  /** Transcript and members of a cleared auction, null before. */
  async transcriptOf(auctionId: Hex): Promise<AuctionTranscript | null> {
    const [row]: {
      members: Buffer | null;
      transcript: Buffer | null;
      transcript_root: Buffer;
      transcript_signature: Buffer;
    }[] = await this.database.query(
      'select members, transcript, transcript_root, transcript_signature from auctions where auction_id = $1',
      [toBytea(auctionId)],
    );
    if (!row?.transcript || !row.members) return null;
    return {
      members: new Uint8Array(row.members),
      transcript: new Uint8Array(row.transcript),
      transcriptRoot: new Uint8Array(row.transcript_root),
      transcriptSignature: fromBytea(row.transcript_signature),
    };
  }
}

function record(row: Row): AuctionRecord {
  return {
    id: row.id,
    auctionId: fromBytea(row.auction_id),
    avsId: fromBytea(row.avs_id),
    mode: row.mode,
    taskId: row.task_id && fromBytea(row.task_id),
    round: row.round,
    state: row.state,
    opensAtMs: Number(row.opens_at_ms),
    closesAtMs: Number(row.closes_at_ms),
    termStartMs: Number(row.term_start_ms),
    termEndMs: Number(row.term_end_ms),
    parameters: row.parameters,
    bidCount: row.bid_count,
    frozenAtMs: row.frozen_at_ms === null ? null : Number(row.frozen_at_ms),
    frozenSignature: row.frozen_signature && fromBytea(row.frozen_signature),
    bidsRoot: row.bids_root && fromBytea(row.bids_root),
    memberCount: row.member_count,
  };
}
