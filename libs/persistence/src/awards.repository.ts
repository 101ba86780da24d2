import { Injectable } from '@nestjs/common';
import { Award, type Hex, type SignedAward } from '@odf/protocol';
import { DataSource } from 'typeorm';
import { fromBytea, insertMany, toBytea, type QueryRunnerLike } from './columns.js';

/** A signed award with what its message does not say. */
export interface AwardRecord {
  id: string;
  award: SignedAward;
  owner: Hex;
  /** Highest price of its leaves in basis points. */
  priceBps: number;
}

/** Cover that an award keeps from other auctions; wei, Unix ms. */
export interface CoverReservation {
  auctionId: Hex;
  lineId: Hex;
  role: number;
  amountWei: bigint;
  untilMs: number;
}

interface Row {
  id: string;
  auction_id: Buffer;
  role: number;
  coprocessor: Buffer;
  avs_id: Buffer;
  owner: Buffer;
  line_id: Buffer;
  award_root: Buffer;
  units: number;
  price_bps: number;
  term_start_ms: string;
  term_end_ms: string;
  signature: Buffer;
}

/** Awards and the cover that they reserve. */
@Injectable()
export class AwardsRepository {
  constructor(private readonly database: DataSource) {}

  /** Stores the awards of an auction. */
  async insert(runner: QueryRunnerLike, awards: readonly Omit<AwardRecord, 'id'>[]): Promise<void> {
    const messages = awards.map(({ award }) => award.message);
    await insertMany(runner, 'awards', {
      auction_id: { type: 'bytea', values: messages.map((award) => award.auction_id) },
      role: { type: 'smallint', values: messages.map((award) => award.role) },
      coprocessor: { type: 'bytea', values: messages.map((award) => award.coprocessor) },
      avs_id: { type: 'bytea', values: messages.map((award) => award.avs_id) },
      owner: { type: 'bytea', values: awards.map(({ owner }) => owner) },
      line_id: { type: 'bytea', values: messages.map((award) => award.line_id) },
      award_root: { type: 'bytea', values: messages.map((award) => award.award_root) },
      units: { type: 'integer', values: messages.map((award) => award.units) },
      price_bps: { type: 'integer', values: awards.map(({ priceBps }) => priceBps) },
      term_start_ms: { type: 'bigint', values: messages.map((award) => award.term_start_ms.toString()) },
      term_end_ms: { type: 'bigint', values: messages.map((award) => award.term_end_ms.toString()) },
      signature: { type: 'bytea', values: awards.map(({ award }) => award.signature) },
    });
  }

  /** Reserves cover; a line is locked first by {@link lockLines}. */
  async reserve(runner: QueryRunnerLike, reservations: readonly CoverReservation[]): Promise<void> {
    await insertMany(runner, 'cover_reservations', {
      auction_id: { type: 'bytea', values: reservations.map(({ auctionId }) => auctionId) },
      line_id: { type: 'bytea', values: reservations.map(({ lineId }) => lineId) },
      role: { type: 'smallint', values: reservations.map(({ role }) => role) },
      amount_wei: { type: 'numeric', values: reservations.map(({ amountWei }) => amountWei.toString()) },
      until_ms: { type: 'bigint', values: reservations.map(({ untilMs }) => untilMs) },
    });
  }

  /** Keeps other clearings from promising the same lines until the end of the transaction. */
  async lockLines(runner: QueryRunnerLike, lineIds: readonly Hex[]): Promise<void> {
    for (const lineId of [...new Set(lineIds)].sort()) {
      await runner.query('select pg_advisory_xact_lock($1, hashtext($2))', [LINE_LOCK, lineId]);
    }
  }

  /** Σ wei of lines that awards reserve or slashes hold at a moment; lines without any are missing. */
  async reservedWei(
    lineIds: readonly Hex[],
    atMs: number,
    runner: QueryRunnerLike = this.database,
  ): Promise<Map<Hex, bigint>> {
    const rows = (await runner.query(
      // A slash holds its operator's cover from where the award's own reservation ends.
      `select line_id, sum(amount_wei)::text as amount from (
         select line_id, amount_wei from cover_reservations where line_id = any($1::bytea[]) and until_ms > $2
         union all
         select line_id, liability_wei from slashes
         where line_id = any($1::bytea[]) and over_at_ms is null and reserved_until_ms <= $2
       ) bound group by line_id`,
      [lineIds.map(toBytea), atMs],
    )) as { line_id: Buffer; amount: string }[];
    return new Map(rows.map((row) => [fromBytea(row.line_id), BigInt(row.amount)]));
  }

  /** The awards of an auction, of one coprocessor if named. */
  async ofAuction(auctionId: Hex, coprocessor?: Hex): Promise<AwardRecord[]> {
    const rows: Row[] = await this.database.query(
      `select * from awards where auction_id = $1 and ($2::bytea is null or coprocessor = $2) order by id`,
      [toBytea(auctionId), coprocessor ? toBytea(coprocessor) : null],
    );
    return rows.map(record);
  }

  /** The award that an attestation names. */
  async findByRoot(auctionId: Hex, awardRoot: Hex, lineId: Hex): Promise<AwardRecord | null> {
    const [row]: Row[] = await this.database.query(
      'select * from awards where auction_id = $1 and award_root = $2 and line_id = $3',
      [toBytea(auctionId), toBytea(awardRoot), toBytea(lineId)],
    );
    return row ? record(row) : null;
  }
}

/** Any number is fine as long as nothing else in the schema uses it. */
const LINE_LOCK = 0x0df005;

function record(row: Row): AwardRecord {
  const message: Award = {
    auction_id: fromBytea(row.auction_id),
    avs_id: fromBytea(row.avs_id),
    role: row.role,
    coprocessor: fromBytea(row.coprocessor),
    line_id: fromBytea(row.line_id),
    award_root: fromBytea(row.award_root),
    units: row.units,
    term_start_ms: BigInt(row.term_start_ms),
    term_end_ms: BigInt(row.term_end_ms),
  };
  return {
    id: row.id,
    award: { message, signature: fromBytea(row.signature) },
    owner: fromBytea(row.owner),
    priceBps: row.price_bps,
  };
}
