import { backoffMs, sleep } from '@odf/client';
import type { Hex } from '@odf/protocol';
import type { Validator } from './keys.js';
import { isFinal, type TaskRecord } from './records.js';
import { TaskFlow, type FlowDeps } from './task-flow.js';
import type { Limiter } from './limiter.js';

/** How many ended tasks `/status` shows. */
const SHOWN = 200;

/** All tasks of this sidecar: each runs once, goes on after failures, and is taken up again after a restart. */
export class TaskRegistry {
  readonly #running = new Map<string, { flow: TaskFlow; done: Promise<void> }>();
  readonly #starting = new Set<string>();
  #ended: TaskRecord[] = [];

  constructor(
    private readonly deps: FlowDeps,
    private readonly validators: ReadonlyMap<Hex, Validator>,
    private readonly slots: Limiter,
    private readonly signal: AbortSignal,
  ) {}

  /** Number of tasks that are not final. */
  get openCount(): number {
    return this.#running.size;
  }

  /** Takes up what the last run left, and remembers what ended last. */
  async resume(): Promise<void> {
    const { store } = this.deps;
    for (const { validator, task_id } of await store.lastEnded(SHOWN)) {
      const record = await store.get('task', validator, task_id);
      if (record) this.#ended.push(record);
    }
    for (const { validator, task_id } of await store.list('open')) {
      const record = await store.get('task', validator, task_id);
      if (record) this.#start(record);
    }
  }

  /** Begins a task of a validator unless it was begun before. */
  async begin(
    record: Pick<TaskRecord, 'validator' | 'avs_id' | 'task_id' | 'verify' | 'commit_by_ms' | 'step' | 'relay'>,
  ): Promise<void> {
    const key = keyOf(record);
    if (this.#running.has(key) || this.#starting.has(key)) return;
    this.#starting.add(key);
    try {
      if (await this.deps.store.get('task', record.validator, record.task_id)) return;
      const now = this.deps.clock.nowMs();
      const fresh: TaskRecord = { ...record, refusals: [], times: { [record.step]: now } };
      await this.deps.store.putTask(fresh, now);
      this.#start(fresh);
    } finally {
      this.#starting.delete(key);
    }
  }

  /** Running tasks, then those that ended last. */
  records(): TaskRecord[] {
    return [...[...this.#running.values()].map(({ flow }) => flow.record), ...this.#ended];
  }

  /** Waits until every task has finished its current write; the signal must have been aborted. */
  async settle(): Promise<void> {
    await Promise.all([...this.#running.values()].map(({ done }) => done));
  }

  #start(record: TaskRecord): void {
    const validator = this.validators.get(record.validator);
    if (!validator) {
      this.deps.log.warn({ validator: record.validator, task_id: record.task_id }, 'task of a validator without keys');
      return;
    }
    const flow = new TaskFlow(this.deps, validator, record, this.signal);
    const key = keyOf(record);
    this.#running.set(key, { flow, done: this.#drive(flow).finally(() => this.#end(key, flow)) });
  }

  /** Runs a task to its end; what fails for another reason than a refusal is tried again. */
  async #drive(flow: TaskFlow): Promise<void> {
    for (let failures = 0; !this.signal.aborted && !isFinal(flow.record.step); failures++) {
      try {
        await this.slots.run(() => flow.run());
      } catch (error) {
        if (this.signal.aborted) return;
        const { task_id, validator, step } = flow.record;
        this.deps.log.warn({ err: error, task_id, validator, step }, 'step failed, will be tried again');
        await sleep(backoffMs(failures, { maxMs: 5_000 }), this.signal).catch(() => undefined);
      }
    }
  }

  async #end(key: string, { record }: TaskFlow): Promise<void> {
    this.#running.delete(key);
    if (!isFinal(record.step)) return;
    this.#ended = [record, ...this.#ended].slice(0, SHOWN);
    this.deps.awards.forget(record.validator, record.task_id);
    const root = record.header?.message.ciphertext_root;
    const needed = [...this.#running.values()].some(({ flow }) => flow.record.header?.message.ciphertext_root === root);
    const kept = this.deps.keepPayloads && record.reveal !== undefined;
    if (root && !needed && !kept && record.step === 'done') await this.deps.ciphertexts.drop(root);
  }
}

function keyOf({ validator, task_id }: Pick<TaskRecord, 'validator' | 'task_id'>): string {
  return `${validator}!${task_id}`;
}
