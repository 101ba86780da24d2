import { Injectable } from '@nestjs/common';
import type { Hex } from '@odf/protocol';
import { DataSource } from 'typeorm';
import { fromBytea, insertMany, toBytea, type QueryRunnerLike } from './columns.js';

/** What an owner's awards of an auction put at risk on its reputation alone; wei, Unix ms. */
export interface CreditExposure {
  auctionId: Hex;
  owner: Hex;
  amountWei: bigint;
  untilMs: number;
}

/** Fees in wei that one operator came to owe an owner on one day. */
export interface EarnedFees {
  owner: Hex;
  operator: Hex;
  /** Days since 1970. */
  day: number;
  amountWei: bigint;
}

const DAY_MS = 86_400_000;

/** What owners have earned, and what they put at risk on their reputation. */
@Injectable()
export class CreditRepository {
  constructor(private readonly database: DataSource) {}

  /** Notes what the awards of an auction put at risk. */
  async expose(runner: QueryRunnerLike, exposures: readonly CreditExposure[]): Promise<void> {
    await insertMany(runner, 'credit_exposures', {
      auction_id: { type: 'bytea', values: exposures.map(({ auctionId }) => auctionId) },
      owner: { type: 'bytea', values: exposures.map(({ owner }) => owner) },
      amount_wei: { type: 'numeric', values: exposures.map(({ amountWei }) => amountWei.toString()) },
      until_ms: { type: 'bigint', values: exposures.map(({ untilMs }) => untilMs) },
    });
  }

  /** Σ wei that owners have at risk at a moment; those without any are missing. */
  async exposedWei(
    owners: readonly Hex[],
    atMs: number,
    runner: QueryRunnerLike = this.database,
  ): Promise<Map<Hex, bigint>> {
    const rows = (await runner.query(
      `select owner, sum(amount_wei)::text as amount from credit_exposures
       where owner = any($1::bytea[]) and until_ms > $2 group by owner`,
      [owners.map(toBytea), atMs],
    )) as { owner: Buffer; amount: string }[];
    return new Map(rows.map(({ owner, amount }) => [fromBytea(owner), BigInt(amount)]));
  }

  /** The fees that became due to owners since a moment, by day and operator, rising by day. */
  async earned(
    owners: readonly Hex[],
    sinceMs: number,
    runner: QueryRunnerLike = this.database,
  ): Promise<EarnedFees[]> {
    const rows = (await runner.query(
      `select owner, operator, (settled_at_ms / ${DAY_MS})::integer as day, sum(fee_wei)::text as amount from fees
       where owner = any($1::bytea[]) and state = 'due' and settled_at_ms >= $2
       group by owner, operator, day order by day`,
      [owners.map(toBytea), sinceMs],
    )) as { owner: Buffer; operator: Buffer; day: number; amount: string }[];
    return rows.map(({ owner, operator, day, amount }) => ({
      ...{ owner: fromBytea(owner), operator: fromBytea(operator), day, amountWei: BigInt(amount) },
    }));
  }
}
