import { setTimeout as delay } from 'node:timers/promises';
import { retrying, type RelayClient } from '@odf/client';
import { routes, taskId as taskIdOf, toHex, type Hex } from '@odf/protocol';
import type { Clock } from '@odf/telemetry';
import type { AvsService } from './avs-service.js';
import type { DemoAvs, DemoValidator } from './fleet.js';
import { windows } from './fleet.js';
import type { Market, WonAward } from './market.js';
import type { Progress } from './progress.js';
import type { TaskArchive } from './task-archive.js';

/** What a task is made from. */
export interface TaskSource {
  /** As the demo names it, e.g. `task 1/8`. */
  name: string;
  label: string;
  input: Uint8Array;
}

/** A task that ended, one way or the other. */
export interface FinishedTask {
  name: string;
  task_id: Hex;
  auction_id: Hex;
  awards: ReadonlyMap<DemoValidator, WonAward>;
  /** From posting to the last accepted response. */
  ms: number;
}

/** What running tasks needs. */
export interface TaskRunnerParts {
  /** With the AVS's bearer token. */
  client: RelayClient;
  market: Market;
  service: AvsService;
  archive: TaskArchive;
  progress: Progress;
  clock: Clock;
  random(length: number): Uint8Array;
}

const LOOK_MS = 200;
/** An HTTP answer that the relay has no time left for is still on its way. */
const GRACE_MS = 5_000;
/** Tasks under way at a time. */
const ABREAST = 2;

/** Posts tasks to the relay and follows each to the last response. */
export class TaskRunner {
  constructor(private readonly parts: TaskRunnerParts) {}

  /** Runs tasks, a few at a time, in terms in which everybody has an award. */
  async run(
    avs: DemoAvs,
    sources: readonly TaskSource[],
    term: () => Promise<unknown>,
    signal: AbortSignal,
  ): Promise<FinishedTask[]> {
    const waiting = [...sources];
    const finished: FinishedTask[] = [];
    const lane = async (): Promise<void> => {
      for (let source = waiting.shift(); source && !signal.aborted; source = waiting.shift()) {
        await term();
        finished.push(await this.#one(avs, source, signal));
      }
    };
    await Promise.all(Array.from({ length: ABREAST }, lane));
    return finished.sort(
      (a, b) => sources.findIndex(({ name }) => name === a.name) - sources.findIndex(({ name }) => name === b.name),
    );
  }

  /** Posts one task; the AVS knows it before the relay can tell anybody. */
  async post(avs: DemoAvs, { label, input }: TaskSource): Promise<Hex> {
    const { archive, client, clock, random } = this.parts;
    const native_ref = toHex(random(32));
    const task_id = taskIdOf(avs.avs_id, native_ref);
    const now = BigInt(clock.nowMs());
    const task = {
      task_id,
      avs_id: avs.avs_id,
      native_ref,
      input_hash: archive.keepInput(input),
      label,
      posted_at_ms: now,
    };
    archive.keepTask({ ...task, acknowledged: false });
    const body = { native_ref, input, deadline_ms: now + BigInt(windows.deliver + windows.commit + 60_000) };
    const answer = await retrying(() => client.data(routes.createTask, { params: { avs_id: avs.avs_id }, body }), {
      attempts: 20,
    });
    if (answer.task_id !== task_id) throw new Error(`the relay named the task ${answer.task_id} instead of ${task_id}`);
    archive.keepTask({ ...task, acknowledged: true });
    return task_id;
  }

  async #one(avs: DemoAvs, source: TaskSource, signal: AbortSignal): Promise<FinishedTask> {
    const { clock, market, progress, service } = this.parts;
    const started = clock.nowMs();
    progress.task(source.name, `${source.name}: ${source.label}: posting`);
    const task_id = await this.post(avs, source);
    void service.resultOf(task_id).catch(() => undefined);
    const { commit_by_ms, auction_id } = await this.#taken(task_id, signal);
    const awards = await market.awards(auction_id);
    const coprocessors = new Set([...awards.values()].map(({ coprocessor }) => coprocessor)).size;
    for (;;) {
      const accepted = [...awards.keys()].filter(({ operator }) => service.isAccepted(task_id, operator)).length;
      const all = accepted === awards.size;
      const over = clock.nowMs() > Number(commit_by_ms) + GRACE_MS;
      const seconds = ((clock.nowMs() - started) / 1000).toFixed(1);
      const counts = `delivered ${await market.delivered(task_id)} of ${coprocessors}, accepted ${accepted} of ${awards.size}`;
      const sign = all ? '✔' : over ? '✘' : '…';
      progress.task(source.name, `${sign} ${source.name}: ${source.label}: ${counts}, ${seconds} s`, all || over);
      if (all || over || signal.aborted)
        return { name: source.name, task_id, auction_id, awards, ms: clock.nowMs() - started };
      await delay(LOOK_MS);
    }
  }

  /** Waits until a term has taken the task. */
  async #taken(taskId: Hex, signal: AbortSignal) {
    for (;;) {
      const task = await this.parts.market.task(taskId);
      if (BigInt(task.auction_id) !== 0n || task.state === 'expired' || signal.aborted) return task;
      await delay(LOOK_MS);
    }
  }
}
