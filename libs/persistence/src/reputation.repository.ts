import { Injectable } from '@nestjs/common';
import type { DataReputation, Hex } from '@odf/protocol';
import { DataSource } from 'typeorm';
import { fromBytea, insertMany, toBytea, type QueryRunnerLike } from './columns.js';

/** Something that a reputation is computed from. */
export interface ReputationEvent {
  coprocessor: Hex;
  owner: Hex;
  avs_id: Hex;
  task_id: Hex;
  kind: string;
  attribution: DataReputation['attribution'];
  /** What proves it: public, without payload bytes, keys or response digests. */
  evidence: Record<string, unknown>;
  at_ms: number;
}

/** A delivery that was due, as its owner's record has it; Unix ms. */
export interface RecordedDelivery {
  owner: Hex;
  auction_id: Hex;
  at_ms: bigint;
  on_time: boolean;
}

interface EventRow {
  id: string;
  coprocessor: Buffer;
  owner: Buffer;
  avs_id: Buffer;
  task_id: Buffer;
  kind: string;
  attribution: DataReputation['attribution'];
  evidence: Record<string, unknown>;
  at_ms: string;
}

/** The events that reputations are computed from; appended, never changed. */
@Injectable()
export class ReputationRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Appends events; of one coprocessor, task and kind the first stays. */
  async append(events: readonly ReputationEvent[], runner: QueryRunnerLike = this.dataSource): Promise<void> {
    const column = (name: keyof ReputationEvent) => events.map((event) => event[name]);
    await insertMany(
      runner,
      'reputation_events',
      {
        coprocessor: { type: 'bytea', values: column('coprocessor') },
        owner: { type: 'bytea', values: column('owner') },
        avs_id: { type: 'bytea', values: column('avs_id') },
        task_id: { type: 'bytea', values: column('task_id') },
        kind: { type: 'text', values: column('kind') },
        attribution: { type: 'text', values: column('attribution') },
        evidence: { type: 'jsonb', values: column('evidence') },
        at_ms: { type: 'bigint', values: column('at_ms') },
      },
      { onConflict: `(coprocessor, task_id, kind) where kind <> 'correction' do nothing` },
    );
  }

  /** One event. */
  async find(id: string): Promise<DataReputation | null> {
    const [row]: EventRow[] = await this.dataSource.query('select * from reputation_events where id = $1', [id]);
    return row ? eventOf(row) : null;
  }

  /** Events in [fromMs, toMs), of some owners if named, by id. */
  async between(
    fromMs: number,
    toMs: number,
    { owners, runner = this.dataSource }: { owners?: readonly Hex[]; runner?: QueryRunnerLike } = {},
  ): Promise<DataReputation[]> {
    const rows = (await runner.query(
      `select * from reputation_events where at_ms >= $1 and at_ms < $2 and ($3::bytea[] is null or owner = any($3))
       order by id`,
      [fromMs, toMs, owners ? owners.map(toBytea) : null],
    )) as EventRow[];
    return rows.map(eventOf);
  }

  /** When the first event was, Unix ms; null before. */
  async firstMs(): Promise<number | null> {
    const [row]: [{ at_ms: string | null }] = await this.dataSource.query(
      'select min(at_ms)::text as at_ms from reputation_events',
    );
    return row.at_ms === null ? null : Number(row.at_ms);
  }

  /** The deliveries that were due of owners since a moment and count for or against them, oldest first. */
  async dueDeliveries(
    owners: readonly Hex[],
    sinceMs: number,
    runner: QueryRunnerLike = this.dataSource,
  ): Promise<RecordedDelivery[]> {
    const rows = (await runner.query(
      `select event.owner, tasks.auction_id, event.at_ms, event.kind from reputation_events event
       join tasks on tasks.task_id = event.task_id
       where event.owner = any($1::bytea[]) and event.at_ms >= $2 and event.attribution = 'coprocessor'
         and event.kind in ('delivered', 'late', 'withheld')
       order by event.at_ms, event.id`,
      [owners.map(toBytea), sinceMs],
    )) as { owner: Buffer; auction_id: Buffer; at_ms: string; kind: string }[];
    return rows.map(({ owner, auction_id, at_ms, kind }) => ({
      owner: fromBytea(owner),
      auction_id: fromBytea(auction_id),
      at_ms: BigInt(at_ms),
      on_time: kind === 'delivered',
    }));
  }
}

function eventOf(row: EventRow): DataReputation {
  return {
    id: row.id,
    coprocessor: fromBytea(row.coprocessor),
    owner: fromBytea(row.owner),
    avs_id: fromBytea(row.avs_id),
    task_id: fromBytea(row.task_id),
    kind: row.kind,
    attribution: row.attribution,
    evidence: row.evidence,
    at_ms: BigInt(row.at_ms),
  };
}
