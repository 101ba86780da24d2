import { Inject, Injectable } from '@nestjs/common';
import { DeliveriesRepository, type TaskRecord } from '@odf/persistence';
import { OdfError, type Hex, type SignedHeader } from '@odf/protocol';
import { type Clock } from '@odf/telemetry';
import type { ValidatorAward } from '../awards/awards.service.js';
import { headerOf } from '../core/header.js';
import { EnrollmentsService } from '../enrollments/enrollments.service.js';
import { RelayMetrics } from '../relay.metrics.js';
import { CLOCK } from '../relay.tokens.js';
import { TasksService } from '../tasks/tasks.service.js';
import { HeaderWaiters } from './header-waiters.js';
import { ServingAwards } from './serving-awards.js';

/** Serves headers: who may see which, at once or as soon as there is one. */
@Injectable()
export class HeadersService {
  constructor(
    private readonly tasks: TasksService,
    private readonly serving: ServingAwards,
    private readonly deliveries: DeliveriesRepository,
    private readonly enrollments: EnrollmentsService,
    private readonly waiters: HeaderWaiters,
    private readonly metrics: RelayMetrics,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * The header for a validator and task; null while there is none, after `waitMs` at most.
   *
   * @throws {OdfError} TASK_UNKNOWN, VALIDATOR_UNKNOWN.
   */
  async headerFor(taskId: Hex, validator: Hex, waitMs: number): Promise<SignedHeader | null> {
    const task = await this.tasks.taskOf(taskId);
    if (!(await this.enrollments.isKnown(validator))) throw new OdfError('VALIDATOR_UNKNOWN');
    const header = await this.#find(taskId, task, validator, waitMs);
    this.metrics.headers.inc({ result: header ? 'served' : 'none' });
    return header;
  }

  async #find(taskId: Hex, task: TaskRecord, validator: Hex, waitMs: number): Promise<SignedHeader | null> {
    const deadline = performance.now() + waitMs;
    for (let current = task; ; current = await this.tasks.taskOf(taskId)) {
      const award = await this.#awardOf(current, validator);
      const header = award && (await this.#headerOf(current, award));
      const leftMs = deadline - performance.now();
      if (header || leftMs <= 0 || this.waiters.closed) return header ?? null;
      await this.waiters.wait(taskId, leftMs);
    }
  }

  /** The award that serves the validator for this task; exits stop headers at once. */
  async #awardOf(task: TaskRecord, validator: Hex): Promise<ValidatorAward | undefined> {
    const award = await this.serving.awardOf(task, validator);
    if (!award) return undefined;
    const state = await this.enrollments.stateOf(validator, task.avsId, this.clock.nowMs());
    return state === 'exited' ? undefined : award;
  }

  async #headerOf(task: TaskRecord, { award }: ValidatorAward): Promise<SignedHeader | null> {
    const delivery = await this.deliveries.find(task.taskId, award.message);
    if (delivery?.state !== 'verified') return null;
    return { message: headerOf(delivery, task), signature: delivery.headerSignature! };
  }
}
