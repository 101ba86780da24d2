import { Injectable } from '@nestjs/common';
import type { Hex } from '@odf/protocol';
import { DataSource } from 'typeorm';
import { fromBytea, insertMany, toBytea, type QueryRunnerLike } from './columns.js';
import { inTransaction } from './database.js';

/** A block that the mirror has read. */
export interface ChainBlockRecord {
  number: bigint;
  hash: Hex;
  parent: Hex;
}

/** What a subject was after a block in which it changed. */
export interface ChainStateRecord {
  kind: string;
  id: Hex;
  group: Hex;
  block_number: bigint;
  /** JSON without bigints. */
  state: unknown;
}

/** A subject as the newest block left it, and as the newest confirmed one did. */
export interface ChainStateView {
  id: Hex;
  group: Hex;
  /** The newest block in which it changed. */
  block_number: bigint;
  head: unknown;
  /** Null where the subject is in no confirmed block yet. */
  confirmed: unknown;
}

interface BlockRow {
  number: string;
  hash: Buffer;
  parent: Buffer;
}

interface ViewRow {
  id: Buffer;
  group_id: Buffer;
  block_number: string;
  head: unknown;
  confirmed: unknown;
}

/** The mirror of the settlement's contracts; dropping blocks is deleting rows. */
@Injectable()
export class ChainMirrorRepository {
  constructor(private readonly database: DataSource) {}

  /** Makes the mirror follow `source`; whatever it kept of another one is gone. */
  async open(source: string): Promise<void> {
    await inTransaction(this.database, async (runner) => {
      await runner.query('insert into chain_mirror (source) values ($1) on conflict do nothing', [source]);
      const [known]: { source: string }[] = await runner.query('select source from chain_mirror for update');
      if (known!.source === source) return;
      await drop(runner, null);
      await runner.query('update chain_mirror set source = $1', [source]);
    });
  }

  /** The newest block that was read. */
  tip(): Promise<ChainBlockRecord | null> {
    return tipOf(this.database);
  }

  /** The blocks that are kept, newest first. */
  async blocks(): Promise<ChainBlockRecord[]> {
    const rows: BlockRow[] = await this.database.query('select * from chain_blocks order by number desc');
    return rows.map(blockOf);
  }

  /** Subjects of a kind in the order in which they first appeared; `depth` blocks below the tip and deeper count as confirmed. */
  async find(
    kind: string,
    subjects: { ids: readonly Hex[] } | { group: Hex },
    depth: bigint,
  ): Promise<ChainStateView[]> {
    const [asked, value] =
      'ids' in subjects
        ? ['select distinct unnest($2::bytea[]) as id', subjects.ids.map(toBytea)]
        : ['select distinct id from chain_states where kind = $1 and group_id = $2', toBytea(subjects.group)];
    const rows: ViewRow[] = await this.database.query(
      `select asked.id, head.group_id, head.block_number, head.state as head, confirmed.state as confirmed
       from (${asked}) asked
       cross join lateral (select seq from chain_states s where s.kind = $1 and s.id = asked.id
         order by s.block_number limit 1) first
       cross join lateral (select * from chain_states s where s.kind = $1 and s.id = asked.id
         order by s.block_number desc limit 1) head
       left join lateral (select state from chain_states s where s.kind = $1 and s.id = asked.id
         and s.block_number <= (select max(number) from chain_blocks) - $3::bigint
         order by s.block_number desc limit 1) confirmed on true
       order by first.seq`,
      [kind, value, depth.toString()],
    );
    return rows.map(viewOf);
  }

  /**
   * Adds blocks and what they changed, and forgets blocks below `keepFrom`, in one transaction.
   *
   * @param tip hash of the tip that this goes on from; null for the first blocks.
   * @returns false when the tip is another by now; then nothing was written.
   */
  advance(
    tip: Hex | null,
    blocks: readonly ChainBlockRecord[],
    rows: readonly ChainStateRecord[],
    keepFrom: bigint,
  ): Promise<boolean> {
    return this.#from(tip, async (runner) => {
      await insertMany(runner, 'chain_blocks', {
        number: { type: 'bigint', values: blocks.map(({ number }) => number.toString()) },
        hash: { type: 'bytea', values: blocks.map(({ hash }) => hash) },
        parent: { type: 'bytea', values: blocks.map(({ parent }) => parent) },
      });
      await insertMany(runner, 'chain_states', {
        kind: { type: 'text', values: rows.map(({ kind }) => kind) },
        id: { type: 'bytea', values: rows.map(({ id }) => id) },
        group_id: { type: 'bytea', values: rows.map(({ group }) => group) },
        block_number: { type: 'bigint', values: rows.map(({ block_number }) => block_number.toString()) },
        state: { type: 'jsonb', values: rows.map(({ state }) => state) },
      });
      await runner.query(
        'delete from chain_blocks where number < $1::bigint and number < (select max(number) from chain_blocks)',
        [keepFrom.toString()],
      );
    });
  }

  /**
   * Drops every block above `to` with what it changed, in one transaction; all blocks if `to` is null.
   *
   * @returns false when the tip is not `tip` by now; then nothing was dropped.
   */
  rollback(tip: Hex, to: bigint | null): Promise<boolean> {
    return this.#from(tip, (runner) => drop(runner, to));
  }

  /** Runs `work` alone among writers, and only on that tip. */
  #from(tip: Hex | null, work: (runner: QueryRunnerLike) => Promise<void>): Promise<boolean> {
    return inTransaction(this.database, async (runner) => {
      await runner.query('select 1 from chain_mirror for update');
      if (((await tipOf(runner))?.hash ?? null) !== tip) return false;
      await work(runner);
      return true;
    });
  }
}

async function tipOf(runner: QueryRunnerLike): Promise<ChainBlockRecord | null> {
  const [row] = (await runner.query('select * from chain_blocks order by number desc limit 1')) as BlockRow[];
  return row ? blockOf(row) : null;
}

async function drop(runner: QueryRunnerLike, to: bigint | null): Promise<void> {
  const above = [(to ?? -1n).toString()];
  await runner.query('delete from chain_states where block_number > $1::bigint', above);
  await runner.query('delete from chain_blocks where number > $1::bigint', above);
}

function blockOf({ number, hash, parent }: BlockRow): ChainBlockRecord {
  return { number: BigInt(number), hash: fromBytea(hash), parent: fromBytea(parent) };
}

function viewOf({ id, group_id, block_number, head, confirmed }: ViewRow): ChainStateView {
  return { id: fromBytea(id), group: fromBytea(group_id), block_number: BigInt(block_number), head, confirmed };
}
