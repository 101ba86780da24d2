import { Injectable } from '@nestjs/common';
import type { DataReputation, Hex } from '@odf/protocol';
import { DataSource } from 'typeorm';
import { insertMany, type QueryRunnerLike } from './columns.js';

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
      { onConflict: '(coprocessor, task_id, kind) do nothing' },
    );
  }
}
