import { Injectable } from '@nestjs/common';
import type { Hex } from '@odf/protocol';
import { DataSource } from 'typeorm';
import { fromBytea, toBytea, type QueryRunnerLike } from './columns.js';

/** Whether the block of a slash is kept on chain: `needless` where its oracle keeps none, `missed` where it can be no more. */
export type AnchorState = 'wanted' | 'done' | 'needless' | 'missed';

/** A slash of an operator, as far as one line answers for it; wei, Unix ms. */
export interface SlashRecord {
  transaction: Hex;
  logIndex: number;
  lineId: Hex;
  operator: Hex;
  taskId: Hex;
  avsId: Hex;
  blockNumber: bigint;
  slashedAtMs: number;
  /** What the line may have to pay for it: held back until it is over. */
  liabilityWei: bigint;
  /** Until then the award's own reservation holds it. */
  reservedUntilMs: number;
  anchor: AnchorState;
  /** When nothing can be claimed for it any more; null until then. */
  overAtMs: number | null;
}

/** Names a slash and a line. */
export type SlashPlace = Pick<SlashRecord, 'transaction' | 'logIndex' | 'lineId'>;

/** All slashes of a block that one line answers for: one anchor serves them. */
export type SlashBlock = Pick<SlashRecord, 'lineId' | 'blockNumber'>;

/** Slashes that lines of this relay's awards may have to pay for. */
@Injectable()
export class SlashesRepository {
  constructor(private readonly database: DataSource) {}

  /** Stores a slash; returns false if it is known, which then stays as it is. */
  async insert(runner: QueryRunnerLike, slash: Omit<SlashRecord, 'anchor' | 'overAtMs'>): Promise<boolean> {
    const rows = (await runner.query(
      `insert into slashes (transaction, log_index, line_id, operator, task_id, avs_id, block_number, slashed_at_ms,
         liability_wei, reserved_until_ms, anchor)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'wanted') on conflict do nothing returning id`,
      [
        ...placeOf(slash),
        ...[slash.operator, slash.taskId, slash.avsId].map(toBytea),
        slash.blockNumber.toString(),
        slash.slashedAtMs,
        slash.liabilityWei.toString(),
        slash.reservedUntilMs,
      ],
    )) as unknown[];
    return rows.length > 0;
  }

  /** A slash, or null. */
  async find(place: SlashPlace): Promise<SlashRecord | null> {
    const [row]: Row[] = await this.database.query(`select * from slashes where ${AT}`, placeOf(place));
    return row ? slashOf(row) : null;
  }

  /** A slash of a block that wants its anchor and still holds cover; null where none does. */
  async unanchored({ lineId, blockNumber }: SlashBlock): Promise<SlashRecord | null> {
    const [row]: Row[] = await this.database.query(
      `select * from slashes where line_id = $1 and block_number = $2 and anchor = 'wanted' and over_at_ms is null limit 1`,
      [toBytea(lineId), blockNumber.toString()],
    );
    return row ? slashOf(row) : null;
  }

  /** Writes down what became of a block's anchor. */
  async moveAnchor(
    runner: QueryRunnerLike,
    { lineId, blockNumber }: SlashBlock,
    from: AnchorState,
    to: AnchorState,
  ): Promise<void> {
    await runner.query('update slashes set anchor = $4 where line_id = $1 and block_number = $2 and anchor = $3', [
      toBytea(lineId),
      blockNumber.toString(),
      from,
      to,
    ]);
  }

  /** When the oldest slash happened that waits for its anchor; null when none does. */
  async oldestUnanchoredMs(): Promise<number | null> {
    const [row]: { oldest: string | null }[] = await this.database.query(
      `select min(slashed_at_ms) as oldest from slashes where anchor = 'wanted'`,
    );
    return row?.oldest ? Number(row.oldest) : null;
  }

  /** Slashes before `slashedBeforeMs` that still hold cover, oldest first. */
  async heldSince(slashedBeforeMs: number, limit: number): Promise<SlashRecord[]> {
    const rows: Row[] = await this.database.query(
      'select * from slashes where over_at_ms is null and slashed_at_ms < $1 order by slashed_at_ms, id limit $2',
      [slashedBeforeMs, limit],
    );
    return rows.map(slashOf);
  }

  /** Lets go of the cover that a slash holds. */
  async end(runner: QueryRunnerLike, place: SlashPlace, atMs: number): Promise<void> {
    await runner.query(`update slashes set over_at_ms = $4 where ${AT} and over_at_ms is null`, [
      ...placeOf(place),
      atMs,
    ]);
  }

  /** Takes back slashes in blocks that the chain has dropped, but for those that a claim was asked for. */
  async forgetFrom(runner: QueryRunnerLike, avsId: Hex, blockNumber: bigint): Promise<void> {
    await runner.query(
      `delete from slashes where avs_id = $1 and block_number >= $2 and not exists (
         select from claims where claims.slash_tx = slashes.transaction and claims.log_index = slashes.log_index)`,
      [toBytea(avsId), blockNumber.toString()],
    );
  }
}

const AT = 'transaction = $1 and log_index = $2 and line_id = $3';

function placeOf({ transaction, logIndex, lineId }: SlashPlace): unknown[] {
  return [toBytea(transaction), logIndex, toBytea(lineId)];
}

interface Row {
  transaction: Buffer;
  log_index: number;
  line_id: Buffer;
  operator: Buffer;
  task_id: Buffer;
  avs_id: Buffer;
  block_number: string;
  slashed_at_ms: string;
  liability_wei: string;
  reserved_until_ms: string;
  anchor: AnchorState;
  over_at_ms: string | null;
}

function slashOf(row: Row): SlashRecord {
  return {
    transaction: fromBytea(row.transaction),
    logIndex: row.log_index,
    lineId: fromBytea(row.line_id),
    operator: fromBytea(row.operator),
    taskId: fromBytea(row.task_id),
    avsId: fromBytea(row.avs_id),
    blockNumber: BigInt(row.block_number),
    slashedAtMs: Number(row.slashed_at_ms),
    liabilityWei: BigInt(row.liability_wei),
    reservedUntilMs: Number(row.reserved_until_ms),
    anchor: row.anchor,
    overAtMs: row.over_at_ms === null ? null : Number(row.over_at_ms),
  };
}
