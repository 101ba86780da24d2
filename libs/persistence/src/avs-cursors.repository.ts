import { Injectable } from '@nestjs/common';
import type { Hex } from '@odf/protocol';
import { DataSource } from 'typeorm';
import { toBytea } from './columns.js';

/** How far an AVS's chain was followed. */
export interface AvsCursor {
  next: bigint;
  /** The time of the last block that was followed, Unix ms. */
  followedMs: number;
  /** Blocks by which reorganisations are found, oldest first. */
  marks: readonly { number: bigint; hash: Hex }[];
}

interface Row {
  next_block: string;
  followed_ms: string;
  marks: { number: string; hash: Hex }[];
}

/** Where the follower of each AVS's chain goes on. */
@Injectable()
export class AvsCursorsRepository {
  constructor(private readonly database: DataSource) {}

  /** An AVS's cursor; null before its chain was ever followed. */
  async find(avsId: Hex): Promise<AvsCursor | null> {
    const [row]: Row[] = await this.database.query(
      'select next_block, followed_ms, marks from avs_cursors where avs_id = $1',
      [toBytea(avsId)],
    );
    if (!row) return null;
    const marks = row.marks.map(({ number, hash }) => ({ number: BigInt(number), hash }));
    return { next: BigInt(row.next_block), followedMs: Number(row.followed_ms), marks };
  }

  /** Stores an AVS's cursor. */
  async save(avsId: Hex, { next, followedMs, marks }: AvsCursor): Promise<void> {
    await this.database.query(
      `insert into avs_cursors (avs_id, next_block, followed_ms, marks) values ($1, $2, $3, $4)
       on conflict (avs_id) do update set next_block = $2, followed_ms = $3, marks = $4`,
      [
        toBytea(avsId),
        next.toString(),
        followedMs,
        JSON.stringify(marks.map(({ number, hash }) => ({ number: number.toString(), hash }))),
      ],
    );
  }

  /**
   * Does `work` while no other instance does it for this AVS; returns whether it was this one's turn.
   *
   * The lock is the session's: it ends with this connection, and no transaction stays open over what `work` waits for.
   */
  async alone(avsId: Hex, work: () => Promise<void>): Promise<boolean> {
    const runner = this.database.createQueryRunner();
    const name = `avs_cursors:${avsId}`;
    try {
      const [{ mine }] = (await runner.query('select pg_try_advisory_lock(hashtextextended($1, 0)) as mine', [
        name,
      ])) as [{ mine: boolean }];
      if (!mine) return false;
      try {
        await work();
      } finally {
        await runner.query('select pg_advisory_unlock(hashtextextended($1, 0))', [name]);
      }
      return true;
    } finally {
      await runner.release();
    }
  }
}
