import { Inject, Injectable } from '@nestjs/common';
import { LiveStore } from '@odf/live-store';
import {
  AwardsRepository,
  DeliveriesRepository,
  inTransaction,
  SwitchesRepository,
  TasksRepository,
  type QueryRunnerLike,
  type TaskRecord,
} from '@odf/persistence';
import { AwardRole, type Hex } from '@odf/protocol';
import { type Clock } from '@odf/telemetry';
import { DataSource } from 'typeorm';
import { headerTopic } from '../core/header.js';
import { RelayMetrics } from '../relay.metrics.js';
import { CLOCK } from '../relay.tokens.js';

/**
 * Hands tasks over from primaries that have not delivered to their standbys: once per (task, award), for good.
 *
 * A switch is written under the same lock as the primary's deliveries, so nobody ever sees both.
 */
@Injectable()
export class SwitchesService {
  constructor(
    private readonly database: DataSource,
    private readonly tasks: TasksRepository,
    private readonly awards: AwardsRepository,
    private readonly deliveries: DeliveriesRepository,
    private readonly switches: SwitchesRepository,
    private readonly liveStore: LiveStore,
    private readonly metrics: RelayMetrics,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Hands over a task whose delivery window is over; what still waits for its check is left to the next time. */
  async decide(task: TaskRecord): Promise<void> {
    const silent = await inTransaction(this.database, async (runner) => {
      const primaries = await this.#lockPrimaries(runner, task);
      const delivered = await this.deliveries.ofTask(task.taskId, runner);
      const states = new Map(
        delivered.flatMap(({ role, coprocessor, state }) =>
          role === AwardRole.primary ? [[coprocessor, state] as const] : [],
        ),
      );
      const handedOver = primaries.filter((one) => (states.get(one) ?? 'refused') === 'refused');
      await this.switches.insert(runner, task.taskId, handedOver, this.clock.nowMs());
      const isDecided = !primaries.some((one) => states.get(one) === 'received');
      if (isDecided) await this.tasks.decide(runner, task.taskId);
      return handedOver.length;
    });
    if (silent === 0) return;
    this.metrics.switches.inc(silent);
    await this.liveStore.publish(headerTopic(task.taskId), 'switch');
  }

  /** Whether a task was handed over from a primary. */
  isSwitched(taskId: Hex, primary: Hex, runner?: QueryRunnerLike): Promise<boolean> {
    return this.switches.has(taskId, primary, runner);
  }

  /** How many tasks of an auction were handed over from a primary. */
  countOf(auctionId: Hex, primary: Hex): Promise<number> {
    return this.switches.countOf(auctionId, primary);
  }

  /** In one order, so that two instances cannot wait for each other. */
  async #lockPrimaries(runner: QueryRunnerLike, task: TaskRecord): Promise<Hex[]> {
    const awards = await this.awards.ofAuction(task.auctionId!);
    const primaries = awards
      .map(({ award }) => award.message)
      .filter(({ role }) => role === AwardRole.primary)
      .map(({ coprocessor }) => coprocessor)
      .sort();
    for (const primary of primaries) await this.deliveries.lockCoprocessor(runner, primary);
    return primaries;
  }
}
