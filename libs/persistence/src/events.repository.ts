import { Injectable } from '@nestjs/common';
import type { Topic } from '@odf/protocol';
import { DataSource } from 'typeorm';
import { insertMany, type QueryRunnerLike } from './columns.js';

/** An event of the stream; `data` is JSON text. */
export interface EventRecord {
  id: string;
  topic: Topic;
  data: string;
}

/** The durable log behind the event stream. */
@Injectable()
export class EventsRepository {
  constructor(private readonly database: DataSource) {}

  /**
   * Appends events in the caller's transaction, as its last step: until it ends nobody else appends, so that ids commit in
   * their order and a reader that has seen one misses none below it.
   */
  async append(runner: QueryRunnerLike, events: readonly Omit<EventRecord, 'id'>[], atMs: number): Promise<void> {
    if (events.length === 0) return;
    await runner.query('select pg_advisory_xact_lock($1)', [EVENTS_LOCK]);
    await insertMany(runner, 'events', {
      topic: { type: 'text', values: events.map(({ topic }) => topic) },
      data: { type: 'text', values: events.map(({ data }) => data) },
      at_ms: { type: 'bigint', values: events.map(() => atMs) },
    });
  }

  /** Events after an id, oldest first. */
  async after(id: string, limit: number): Promise<EventRecord[]> {
    return this.database.query<EventRecord[]>('select id, topic, data from events where id > $1 order by id limit $2', [
      id,
      limit,
    ]);
  }

  /** The newest id, 0 before the first event. */
  async newestId(): Promise<string> {
    const [row] = await this.database.query<[{ id: string }]>('select coalesce(max(id), 0)::text as id from events');
    return row.id;
  }

  /** Drops what nobody resumes from any more. */
  async prune(beforeMs: number): Promise<void> {
    await this.database.query('delete from events where at_ms < $1', [beforeMs]);
  }
}

/** Any number is fine as long as nothing else in the schema uses it. */
const EVENTS_LOCK = 0x0df0_0e5e;
