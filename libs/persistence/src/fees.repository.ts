import { Injectable } from '@nestjs/common';
import type { Fee, FeeState, Hex } from '@odf/protocol';
import { DataSource } from 'typeorm';
import { fromBytea, insertMany, toBytea, type QueryRunnerLike } from './columns.js';

/** A fee as it is stored; wei, Unix ms. */
export interface StoredFee extends Fee {
  /** Whether the operator's escrow answers for it. */
  escrowed: boolean;
}

/** A fee that is made by a commitment, or by an accepted response that equals the attested one. */
export type NewFee = Omit<StoredFee, 'id' | 'state' | 'settled_at_ms'>;

/** Whose fees a page shows, narrowed to one auction if named; `before` is the id of the page before's last. */
export interface FeePage {
  by: 'validator' | 'coprocessor';
  pubkey: Hex;
  auctionId?: Hex | undefined;
  limit: number;
  before?: string | undefined;
}

/** Fees of commitments, and per operator the sum that its escrow answers for. */
@Injectable()
export class FeesRepository {
  constructor(private readonly database: DataSource) {}

  /** Locks these operators' accounts until the end of the transaction and returns what each owes: Σ fees that are not void. */
  async lockAccounts(runner: QueryRunnerLike, operators: readonly Hex[]): Promise<Map<Hex, bigint>> {
    const sorted = [...new Set(operators)].sort();
    await insertMany(
      runner,
      'fee_accounts',
      { operator: { type: 'bytea', values: sorted }, owed_wei: { type: 'numeric', values: sorted.map(() => '0') } },
      { onConflict: '(operator) do nothing' },
    );
    const rows = (await runner.query(
      'select operator, owed_wei::text as owed from fee_accounts where operator = any($1::bytea[]) order by operator for update',
      [sorted.map(toBytea)],
    )) as { operator: Buffer; owed: string }[];
    return new Map(rows.map(({ operator, owed }) => [fromBytea(operator), BigInt(owed)]));
  }

  /** Stores fees as exposed and adds those in escrow to their operators' accounts, which are locked; known ones stay as they are. */
  async insert(runner: QueryRunnerLike, fees: readonly NewFee[]): Promise<void> {
    const column = <K extends keyof NewFee>(name: K) => fees.map((fee) => fee[name]);
    const written = await insertMany<{ operator: Buffer; fee_wei: string; escrowed: boolean }>(
      runner,
      'fees',
      {
        task_id: { type: 'bytea', values: column('task_id') },
        validator: { type: 'bytea', values: column('validator') },
        role: { type: 'smallint', values: column('role') },
        auction_id: { type: 'bytea', values: column('auction_id') },
        avs_id: { type: 'bytea', values: column('avs_id') },
        operator: { type: 'bytea', values: column('operator') },
        coprocessor: { type: 'bytea', values: column('coprocessor') },
        owner: { type: 'bytea', values: column('owner') },
        fee_wei: { type: 'numeric', values: fees.map(({ fee_wei }) => fee_wei.toString()) },
        escrowed: { type: 'boolean', values: column('escrowed') },
        state: { type: 'text', values: fees.map(() => 'exposed' satisfies FeeState) },
        committed_at_ms: { type: 'bigint', values: fees.map(({ committed_at_ms }) => committed_at_ms.toString()) },
      },
      { onConflict: '(task_id, validator, role) do nothing', returning: ['operator', 'fee_wei', 'escrowed'] },
    );
    await this.#owe(runner, escrowedSums(written));
  }

  /** Makes the exposed fees of an operator for a task due or void; what is void is owed no more. */
  async settle(
    runner: QueryRunnerLike,
    { taskId, operator, coprocessor }: { taskId: Hex; operator: Hex; coprocessor?: Hex },
    state: Exclude<FeeState, 'exposed'>,
    atMs: number,
  ): Promise<StoredFee[]> {
    await this.lockAccounts(runner, [operator]);
    const rows = (await runner.query(
      `with settled as (
         update fees set state = $3, settled_at_ms = $4
         where task_id = $1 and operator = $2 and state = 'exposed' and ($5::bytea is null or coprocessor = $5) returning *
       ) select * from settled order by id`,
      [toBytea(taskId), toBytea(operator), state, atMs, coprocessor ? toBytea(coprocessor) : null],
    )) as Row[];
    if (state === 'void') await this.#release(runner, escrowedSums(rows));
    return rows.map(feeOf);
  }

  /** Whose fees of which tasks wait for a response that came to no AVS before `deadlineMs`; at most `limit`. */
  async unanswered(deadlineMs: number, limit: number): Promise<{ taskId: Hex; operator: Hex }[]> {
    const rows: { task_id: Buffer; operator: Buffer }[] = await this.database.query(
      `select distinct f.task_id, f.operator from fees f join tasks t on t.task_id = f.task_id
       where f.state = 'exposed' and f.escrowed and t.deadline_ms < $1
         and not exists (select from observed_responses o where o.task_id = f.task_id and o.operator = f.operator)
       limit $2`,
      [deadlineMs, limit],
    );
    return rows.map(({ task_id, operator }) => ({ taskId: fromBytea(task_id), operator: fromBytea(operator) }));
  }

  /** What operators owe, by operator; those that owe nothing are missing. */
  async owedBy(operators: readonly Hex[]): Promise<Map<Hex, bigint>> {
    const rows: { operator: Buffer; owed: string }[] = await this.database.query(
      'select operator, owed_wei::text as owed from fee_accounts where operator = any($1::bytea[]) and owed_wei > 0',
      [operators.map(toBytea)],
    );
    return new Map(rows.map(({ operator, owed }) => [fromBytea(operator), BigInt(owed)]));
  }

  /** Fees of a validator or a coprocessor, newest first. */
  async page({ by, pubkey, auctionId, limit, before }: FeePage): Promise<StoredFee[]> {
    const rows: Row[] = await this.database.query(
      `select * from fees where ${by} = $1 and ($2::bytea is null or auction_id = $2) and ($3::bigint is null or id < $3)
       order by id desc limit $4`,
      [toBytea(pubkey), auctionId ? toBytea(auctionId) : null, before ?? null, limit],
    );
    return rows.map(feeOf);
  }

  async #owe(runner: QueryRunnerLike, sums: readonly [Hex, bigint][]): Promise<void> {
    await insertMany(
      runner,
      'fee_accounts',
      {
        operator: { type: 'bytea', values: sums.map(([operator]) => operator) },
        owed_wei: { type: 'numeric', values: sums.map(([, sum]) => sum.toString()) },
      },
      { onConflict: '(operator) do update set owed_wei = fee_accounts.owed_wei + excluded.owed_wei' },
    );
  }

  async #release(runner: QueryRunnerLike, sums: readonly [Hex, bigint][]): Promise<void> {
    for (const [operator, sum] of sums) {
      await runner.query('update fee_accounts set owed_wei = owed_wei - $2 where operator = $1', [
        toBytea(operator),
        sum.toString(),
      ]);
    }
  }
}

/** Σ escrowed fees by operator, in one order everywhere, so that accounts are never locked in a ring. */
function escrowedSums(fees: readonly Pick<Row, 'operator' | 'fee_wei' | 'escrowed'>[]): [Hex, bigint][] {
  const sums = new Map<Hex, bigint>();
  for (const { operator, fee_wei, escrowed } of fees) {
    const key = fromBytea(operator);
    if (escrowed) sums.set(key, (sums.get(key) ?? 0n) + BigInt(fee_wei));
  }
  return [...sums].sort(([a], [b]) => (a < b ? -1 : 1));
}

interface Row {
  id: string;
  task_id: Buffer;
  validator: Buffer;
  role: number;
  auction_id: Buffer;
  avs_id: Buffer;
  operator: Buffer;
  coprocessor: Buffer;
  owner: Buffer;
  fee_wei: string;
  escrowed: boolean;
  state: string;
  committed_at_ms: string;
  settled_at_ms: string | null;
}

function feeOf(row: Row): StoredFee {
  return { ...publicFeeOf(row as unknown as Record<string, unknown>), escrowed: row.escrowed };
}

/** The public form of a row of `fees`. */
export function publicFeeOf(given: Record<string, unknown>): Fee {
  const row = given as unknown as Row;
  return {
    id: row.id,
    task_id: fromBytea(row.task_id),
    validator: fromBytea(row.validator),
    role: row.role,
    auction_id: fromBytea(row.auction_id),
    avs_id: fromBytea(row.avs_id),
    operator: fromBytea(row.operator),
    coprocessor: fromBytea(row.coprocessor),
    owner: fromBytea(row.owner),
    fee_wei: BigInt(row.fee_wei),
    state: row.state as FeeState,
    committed_at_ms: BigInt(row.committed_at_ms),
    settled_at_ms: row.settled_at_ms === null ? null : BigInt(row.settled_at_ms),
  };
}
