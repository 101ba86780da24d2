import { Injectable } from '@nestjs/common';
import type { Hex } from '@odf/protocol';
import { DataSource } from 'typeorm';
import type { QueryRunnerLike } from './columns.js';
import {
  dbColumns,
  transactionOf,
  valuesOf,
  type StoredTransaction,
  type TransactionTableRow,
} from './transaction.columns.js';

/** The account that sends, on its chain. */
export type TransactionLane = Pick<StoredTransaction, 'chainId' | 'account'>;

/** How many transactions of a lane are in a state, and since when the oldest of them waits; Unix ms. */
export interface TransactionTally {
  state: StoredTransaction['state'];
  count: number;
  oldestMs: number;
}

/** Intents of transactions in Postgres: the store of the settlement's outbox. */
@Injectable()
export class TransactionsRepository {
  constructor(private readonly database: DataSource) {}

  /** Stores a row, in the caller's transaction if one is given; false when the key is known, which then stays as it is. */
  async insert(row: StoredTransaction, runner: QueryRunnerLike = this.database): Promise<boolean> {
    const places = dbColumns.map((_, index) => `$${index + 1}`).join(', ');
    const written = (await runner.query(
      `insert into chain_transactions (${dbColumns.join(', ')}) values (${places}) on conflict (key) do nothing returning id`,
      valuesOf(row),
    )) as unknown[];
    return written.length > 0;
  }

  /**
   * Replaces a row as it was read.
   *
   * @throws {Error} when it was changed meanwhile, or another row of the lane holds its nonce.
   */
  async update(row: StoredTransaction): Promise<StoredTransaction> {
    const next = { ...row, version: row.version + 1 };
    const places = dbColumns.map((name, index) => `${name} = $${index + 1}`).join(', ');
    const written: unknown[] = await this.database.query(
      `with changed as (
         update chain_transactions set ${places} where key = $1 and version = $${dbColumns.length + 1} returning id
       ) select id from changed`,
      [...valuesOf(next), row.version],
    );
    if (written.length === 0) throw new Error(`${row.key} was changed meanwhile`);
    return next;
  }

  /** A row, or null. */
  async find(key: string): Promise<StoredTransaction | null> {
    return (await this.findMany([key])).get(key) ?? null;
  }

  /** Those of these keys that are known, by key. */
  async findMany(keys: readonly string[]): Promise<Map<string, StoredTransaction>> {
    const rows = await this.#select('key = any($1::text[])', [keys]);
    return new Map(rows.map((row) => [row.key, row]));
  }

  /** Queued rows of a lane that are due, oldest first. */
  queued(lane: TransactionLane, nowMs: number, limit: number): Promise<StoredTransaction[]> {
    return this.#ofLane(lane, `state = 'queued' and due_at_ms <= $3 order by queued_at_ms, id limit $4`, [
      nowMs,
      limit,
    ]);
  }

  /** The sent and mined rows of a lane by rising nonce. */
  inFlight(lane: TransactionLane): Promise<StoredTransaction[]> {
    return this.#ofLane(lane, `state in ('sent', 'mined') order by nonce`);
  }

  /** The row that holds a nonce, whatever its state; null when none does. */
  async holder(lane: TransactionLane, nonce: number): Promise<StoredTransaction | null> {
    return (await this.#ofLane(lane, 'nonce = $3', [nonce]))[0] ?? null;
  }

  /** The highest nonce that a row of the lane holds; null when none does. */
  async lastNonce(lane: TransactionLane): Promise<number | null> {
    const rows: { nonce: string }[] = await this.database.query(
      `select nonce from chain_transactions where ${OF_LANE} and nonce is not null order by nonce desc limit 1`,
      valuesOfLane(lane),
    );
    return rows[0] ? Number(rows[0].nonce) : null;
  }

  /** What is not settled yet of a lane, by state; of keys with that start only, if one is given. */
  async tally(lane: TransactionLane, start = ''): Promise<TransactionTally[]> {
    const rows: { state: StoredTransaction['state']; count: string; oldest: string }[] = await this.database.query(
      `select state, count(*) as count, min(queued_at_ms) as oldest from chain_transactions
       where ${OF_LANE} and state in ('queued', 'sent', 'mined') and starts_with(key, $3) group by state`,
      [...valuesOfLane(lane), start],
    );
    return rows.map(({ state, count, oldest }) => ({ state, count: Number(count), oldestMs: Number(oldest) }));
  }

  /** Runs `work` while nobody else runs one for this lane, in any instance; undefined, at once, when somebody does. */
  async alone<T>({ chainId, account }: TransactionLane, work: () => Promise<T>): Promise<T | undefined> {
    const runner = this.database.createQueryRunner();
    const name = [`transactions:${chainId}:${account}`];
    try {
      const [lock] = (await runner.query('select pg_try_advisory_lock(hashtextextended($1, 0)) as held', name)) as [
        { held: boolean },
      ];
      if (!lock.held) return undefined;
      try {
        return await work();
      } finally {
        await runner.query('select pg_advisory_unlock(hashtextextended($1, 0))', name);
      }
    } finally {
      await runner.release();
    }
  }

  #ofLane(lane: TransactionLane, condition: string, values: unknown[] = []): Promise<StoredTransaction[]> {
    return this.#select(`${OF_LANE} and ${condition}`, [...valuesOfLane(lane), ...values]);
  }

  async #select(condition: string, values: unknown[]): Promise<StoredTransaction[]> {
    const sql = `select * from chain_transactions where ${condition}`;
    const rows: TransactionTableRow[] = await this.database.query(sql, values);
    return rows.map(transactionOf);
  }
}

const OF_LANE = 'chain_id = $1 and account = $2';

function valuesOfLane({ chainId, account }: { chainId: bigint; account: Hex }): unknown[] {
  return [chainId.toString(), Buffer.from(account.slice(2), 'hex')];
}
