import { Inject, Injectable } from '@nestjs/common';
import { LiveStore } from '@odf/live-store';
import { EventsRepository, inTransaction, type QueryRunnerLike } from '@odf/persistence';
import type { Topic } from '@odf/protocol';
import { type Clock } from '@odf/telemetry';
import { DataSource } from 'typeorm';
import { CLOCK } from '../relay.tokens.js';

/** Wake-up topic of the event streams in the live store. */
export const EVENTS_TOPIC = 'events';

/** An event to publish: the bare wire JSON of its thing. */
export interface NewEvent {
  topic: Topic;
  data: unknown;
}

/** Publishes events durably and wakes the streams. */
@Injectable()
export class EventsService {
  constructor(
    private readonly events: EventsRepository,
    private readonly liveStore: LiveStore,
    private readonly database: DataSource,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Appends events in the caller's transaction, as its last step; call {@link wake} once it has committed. */
  async append(runner: QueryRunnerLike, events: readonly NewEvent[]): Promise<void> {
    const records = events.map(({ topic, data }) => ({ topic, data: JSON.stringify(data) }));
    await this.events.append(runner, records, this.clock.nowMs());
  }

  /** Tells the streams of all instances that there is something new. */
  async wake(): Promise<void> {
    await this.liveStore.publish(EVENTS_TOPIC, '');
  }

  /** Publishes one event in a transaction of its own. */
  async publish(topic: Topic, data: unknown): Promise<void> {
    await inTransaction(this.database, (manager) => this.append(manager, [{ topic, data }]));
    await this.wake();
  }
}
