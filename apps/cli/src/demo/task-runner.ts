import { setTimeout as delay } from 'node:timers/promises';
import { zeroHex, type Hex } from '@odf/protocol';
import type { Clock } from '@odf/telemetry';
import type { AvsSide, TaskSource } from './avs-side.js';
import type { DemoValidator } from './fleet.js';
import type { Market, WonAward } from './market.js';
import type { Progress } from './progress.js';
import type { TaskArchive } from './task-archive.js';

/** A task that ended, one way or the other. */
export interface FinishedTask {
  name: string;
  task_id: Hex;
  auction_id: Hex;
  awards: ReadonlyMap<DemoValidator, WonAward>;
}

/** A task that a term has taken. */
export interface BegunTask extends FinishedTask {
  commitByMs: number;
}

/** What running tasks needs. */
export interface TaskRunnerParts {
  market: Market;
  archive: TaskArchive;
  progress: Progress;
  clock: Clock;
}

interface Followed {
  side: AvsSide;
  task_id: Hex;
  awards: ReadonlyMap<DemoValidator, WonAward>;
  started: number;
  endMs: number;
}

const LOOK_MS = 200;
/** How long the relay may take to read a task of the chain. */
const KNOWN_WITHIN_MS = 30_000;
/** An HTTP answer that the relay has no time left for is still on its way. */
const GRACE_MS = 5_000;
/** Tasks under way at a time. */
const ABREAST = 2;

/** Posts tasks to the relay and follows each to the last response. */
export class TaskRunner {
  constructor(private readonly parts: TaskRunnerParts) {}

  /** Does something with each task, a few at a time, and returns what came of it in their order. */
  async run(
    sources: readonly TaskSource[],
    signal: AbortSignal,
    serve: (source: TaskSource) => Promise<FinishedTask>,
  ): Promise<FinishedTask[]> {
    const waiting = [...sources.entries()];
    const finished: FinishedTask[] = [];
    const lane = async (): Promise<void> => {
      for (let next = waiting.shift(); next && !signal.aborted; next = waiting.shift()) {
        finished[next[0]] = await serve(next[1]);
      }
    };
    await Promise.all(Array.from({ length: ABREAST }, lane));
    return finished.filter((task) => task !== undefined);
  }

  /** A task that coprocessors compute for those who have an award, followed to its end. */
  async auctioned(side: AvsSide, source: TaskSource, signal: AbortSignal): Promise<FinishedTask> {
    const started = this.parts.clock.nowMs();
    const { commitByMs, ...task } = await this.begun(side, source, signal);
    await this.#follow(source, { side, ...task, started, endMs: commitByMs + GRACE_MS }, signal);
    return task;
  }

  /** A task from its posting until a term has taken it. */
  async begun(side: AvsSide, source: TaskSource, signal: AbortSignal): Promise<BegunTask> {
    const task_id = await this.#post(side, source);
    const { commit_by_ms, auction_id } = await this.#taken(task_id, signal);
    const awards = await this.parts.market.awards(auction_id);
    return { name: source.name, task_id, auction_id, awards, commitByMs: Number(commit_by_ms) };
  }

  /** A task that every validator computes itself. */
  async own(
    side: AvsSide,
    source: TaskSource,
    validators: readonly DemoValidator[],
    windowMs: number,
    signal: AbortSignal,
  ): Promise<FinishedTask> {
    const started = this.parts.clock.nowMs();
    const task_id = await this.#post(side, source);
    const awards = new Map(validators.map((validator) => [validator, { coprocessor: null, fee_wei: 0n }]));
    await this.#follow(source, { side, task_id, awards, started, endMs: started + windowMs + GRACE_MS }, signal);
    return { name: source.name, task_id, auction_id: zeroHex(32), awards };
  }

  #post(side: AvsSide, source: TaskSource): Promise<Hex> {
    this.parts.progress.task(source.name, `… ${source.name}: ${source.label}: posting`);
    return side.post(source);
  }

  async #follow(source: TaskSource, followed: Followed, signal: AbortSignal): Promise<void> {
    while (!(await this.#show(source, followed)) && !signal.aborted) await delay(LOOK_MS);
  }

  /** Shows how far a task is; returns whether it has ended. */
  async #show(source: TaskSource, { side, task_id, awards, started, endMs }: Followed): Promise<boolean> {
    const { clock, market, progress } = this.parts;
    const accepted = [...awards.keys()].filter(({ operator }) => side.isAccepted(task_id, operator)).length;
    const all = awards.size > 0 && accepted === awards.size;
    const over = all || clock.nowMs() > endMs;
    const coprocessors = new Set([...awards.values()].flatMap(({ coprocessor }) => coprocessor ?? [])).size;
    const delivered = coprocessors > 0 ? `delivered ${await market.delivered(task_id)} of ${coprocessors}, ` : '';
    const seconds = ((clock.nowMs() - started) / 1000).toFixed(1);
    const sign = all ? '✔' : over ? '✘' : '…';
    const counts = `${delivered}accepted ${accepted} of ${awards.size}, ${seconds} s`;
    progress.task(source.name, `${sign} ${source.name}: ${source.label}: ${counts}`, over);
    return over;
  }

  /** Waits until a term has taken the task; one on chain the relay knows only once it has read it there. */
  async #taken(taskId: Hex, signal: AbortSignal) {
    const { market, archive, clock } = this.parts;
    const lateMs = clock.nowMs() + KNOWN_WITHIN_MS;
    for (;;) {
      const task = await market.task(taskId);
      if (task) archive.acknowledge(taskId);
      else if (clock.nowMs() > lateMs) throw new Error(`the relay does not know the task ${taskId}`);
      if (task && (BigInt(task.auction_id) !== 0n || task.state === 'expired' || signal.aborted)) return task;
      signal.throwIfAborted();
      await delay(LOOK_MS);
    }
  }
}
