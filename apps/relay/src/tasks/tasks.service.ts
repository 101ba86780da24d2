import { Inject, Injectable } from '@nestjs/common';
import {
  inTransaction,
  TasksRepository,
  type AuctionRecord,
  type TaskRecord,
  type TaskWindows,
} from '@odf/persistence';
import { OdfError, sha256, TaskInfo, taskId, zeroHex, type Hex } from '@odf/protocol';
import { type Clock } from '@odf/telemetry';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import { AwardsService } from '../awards/awards.service.js';
import { DeliveriesService } from '../deliveries/deliveries.service.js';
import { SwitchesService } from '../deliveries/switches.service.js';
import { EventsService } from '../events/events.service.js';
import { AvsRegistry, type ServedAvs } from '../core/avs-registry.js';
import { RelayMetrics } from '../relay.metrics.js';
import { CLOCK } from '../relay.tokens.js';
import { leastTimeMs, lightweightWindows, windowsOf } from './task-windows.js';

/** Most tasks of an AVS that one pass moves. */
const MAX_TASKS = 1000;

/** Where on a chain a task was created, and when; Unix ms. */
export interface SeenTask {
  block: bigint;
  createdAtMs: number;
}

/** Tasks: taken in, handed to the term that runs, and settled when their windows are over. */
@Injectable()
export class TasksService {
  #arrived: () => void = () => undefined;

  constructor(
    private readonly database: DataSource,
    private readonly registry: AvsRegistry,
    private readonly tasks: TasksRepository,
    private readonly awards: AwardsService,
    private readonly deliveries: DeliveriesService,
    private readonly switches: SwitchesService,
    private readonly events: EventsService,
    private readonly metrics: RelayMetrics,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Calls `listener` after each task that arrives here. */
  onArrival(listener: () => void): void {
    this.#arrived = listener;
  }

  /**
   * Takes in a task, posted or seen on chain; the same one again gets the same answer.
   *
   * @throws {OdfError} AVS_UNKNOWN, TASK_INPUT_INVALID, TASK_CONFLICT, TASK_DEADLINE_TOO_SOON.
   */
  async create(
    avsId: Hex,
    task: { native_ref: Hex; input: Uint8Array; deadline_ms: bigint },
    seen?: SeenTask,
  ): Promise<{ task_id: Hex }> {
    const { config, plugin } = this.registry.get(avsId);
    const id = taskId(avsId, task.native_ref);
    const inputRoot = sha256(task.input);
    const known = await this.tasks.find(id);
    if (known) return sameTask(known, task, inputRoot);
    if (task.input.length > plugin.workload.meta.limits.inputBytes) {
      throw new OdfError(
        'TASK_INPUT_INVALID',
        `The input has more than ${plugin.workload.meta.limits.inputBytes} bytes.`,
      );
    }
    plugin.workload.checkInput(task.input);
    const nowMs = this.clock.nowMs();
    const leastMs = leastTimeMs(config, plugin.workload.meta.class === 'lightweight');
    if (task.deadline_ms <= BigInt(nowMs + leastMs) || task.deadline_ms > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw new OdfError('TASK_DEADLINE_TOO_SOON', `The deadline must lie between ${leastMs} ms from now and 2^53.`);
    }
    const inserted = await this.tasks.insert({
      taskId: id,
      avsId,
      nativeRef: task.native_ref,
      input: task.input,
      inputRoot,
      createdAtMs: Math.min(seen?.createdAtMs ?? nowMs, nowMs),
      createdBlock: seen?.block ?? null,
      deadlineMs: Number(task.deadline_ms),
    });
    if (!inserted) return sameTask((await this.tasks.find(id))!, task, inputRoot);
    this.metrics.tasks.inc({ avs: config.name, state: 'waiting' });
    this.#arrived();
    return { task_id: id };
  }

  /**
   * A task that must exist.
   *
   * @throws {OdfError} TASK_UNKNOWN.
   */
  async taskOf(id: Hex): Promise<TaskRecord> {
    const task = await this.tasks.find(id);
    if (!task) throw new OdfError('TASK_UNKNOWN');
    return task;
  }

  /**
   * A task's public facts with its input.
   *
   * @throws {OdfError} TASK_UNKNOWN.
   */
  async infoOf(id: Hex): Promise<TaskInfo> {
    const task = await this.taskOf(id);
    return { ...facts(task), input: (await this.tasks.inputOf(id))! };
  }

  /** Hands waiting tasks to the term that runs, and settles those whose windows are over. */
  async advance(avs: ServedAvs, live: readonly AuctionRecord[]): Promise<void> {
    for (const task of await this.tasks.unsettled(avs.config.avs_id, MAX_TASKS)) {
      if (task.state === 'waiting') await this.#announce(avs, task, live);
      else await this.#follow(avs, task);
    }
  }

  /** Hands over once the delivery window is over, and ends with the commit window. */
  async #follow(avs: ServedAvs, task: TaskRecord): Promise<void> {
    const nowMs = this.clock.nowMs();
    if (task.auctionId && !task.decided && task.deliverByMs! < nowMs) await this.switches.decide(task);
    if (task.commitByMs! <= nowMs) await this.#settle(avs, task);
  }

  async #announce(avs: ServedAvs, task: TaskRecord, live: readonly AuctionRecord[]): Promise<void> {
    const nowMs = this.clock.nowMs();
    const { config, plugin } = avs;
    if (plugin.workload.meta.class === 'lightweight') {
      return this.#open(avs, task, null, lightweightWindows(nowMs, task.deadlineMs));
    }
    const term = live.find(
      (auction) =>
        auction.state === 'running' &&
        (config.mode === 'task' ? auction.taskId === task.taskId : auction.termEndMs > nowMs),
    );
    const windows = windowsOf(config.windows_ms, nowMs, task.deadlineMs);
    if (!windows) await this.#settle(avs, task);
    else if (term) await this.#open(avs, task, term.auctionId, windows);
  }

  async #open({ config }: ServedAvs, task: TaskRecord, auctionId: Hex | null, windows: TaskWindows): Promise<void> {
    const opened: TaskRecord = { ...task, auctionId, ...windows, state: 'open' };
    const announced = await inTransaction(this.database, async (runner) => {
      if (!(await this.tasks.announce(runner, task.taskId, auctionId, windows))) return false;
      const data = z.encode(TaskInfo.omit({ input: true }), facts(opened));
      await this.events.append(runner, [{ topic: 'task_announced', data }]);
      return true;
    });
    if (!announced) return;
    this.metrics.tasks.inc({ avs: config.name, state: 'open' });
    await this.events.wake();
  }

  async #settle({ config }: ServedAvs, task: TaskRecord): Promise<void> {
    const state = task.state === 'waiting' ? 'expired' : 'closed';
    const standbysOf = await this.awards.standbysOf(task.auctionId);
    const settled = await inTransaction(this.database, async (runner) => {
      if (!(await this.tasks.settle(runner, task.taskId, state))) return false;
      if (task.auctionId) await this.deliveries.judgeTask(runner, task, standbysOf);
      return true;
    });
    if (settled) this.metrics.tasks.inc({ avs: config.name, state });
  }
}

function sameTask(known: TaskRecord, task: { native_ref: Hex; deadline_ms: bigint }, inputRoot: Hex): { task_id: Hex } {
  const same =
    known.inputRoot === inputRoot &&
    known.nativeRef === task.native_ref &&
    BigInt(known.deadlineMs) === task.deadline_ms;
  if (!same) throw new OdfError('TASK_CONFLICT');
  return { task_id: known.taskId };
}

function facts(task: TaskRecord): Omit<TaskInfo, 'input'> {
  return {
    task_id: task.taskId,
    avs_id: task.avsId,
    native_ref: task.nativeRef,
    auction_id: task.auctionId ?? zeroHex(32),
    created_at_ms: BigInt(task.createdAtMs),
    deliver_by_ms: BigInt(task.deliverByMs ?? 0),
    commit_by_ms: BigInt(task.commitByMs ?? 0),
    deadline_ms: BigInt(task.deadlineMs),
    state: task.state,
  };
}
