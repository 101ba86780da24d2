import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ResponseSubmission } from '@odf/avs';
import { bytes32, sha256, uint64, type Hex } from '@odf/protocol';
import { writeDurably } from './workspace.js';

const TaskFile = z.object({
  task_id: bytes32.json,
  avs_id: bytes32.json,
  native_ref: bytes32.json,
  input_hash: bytes32.json,
  label: z.string(),
  posted_at_ms: uint64.json,
  /** Whether the relay has told that it knows the task. */
  acknowledged: z.boolean().default(false),
});

/** A task as the AVS keeps it. */
export type ArchivedTask = z.output<typeof TaskFile>;

/** What the demo's AVS keeps on disk: its tasks, their inputs, and the responses that it accepted. */
export class TaskArchive {
  readonly #tasks = new Map<Hex, ArchivedTask>();

  constructor(private readonly dir: string) {
    for (const part of ['tasks', 'inputs', 'responses']) mkdirSync(join(dir, part), { recursive: true });
    for (const text of readAll(join(dir, 'tasks'))) {
      const task = TaskFile.parse(JSON.parse(text));
      this.#tasks.set(task.task_id, task);
    }
  }

  /** Keeps an input before its task is posted, by its SHA-256. */
  keepInput(input: Uint8Array): Hex {
    const hash = sha256(input);
    const path = join(this.dir, 'inputs', hash);
    if (!existsSync(path)) writeDurably(path, input);
    return hash;
  }

  /** Keeps a task that the relay has not told of yet. */
  keepTask(task: Omit<ArchivedTask, 'acknowledged'>): void {
    this.#keep({ ...task, acknowledged: false });
  }

  /** Keeps that the relay knows a task. */
  acknowledge(taskId: Hex): void {
    const task = this.#tasks.get(taskId);
    if (task && !task.acknowledged) this.#keep({ ...task, acknowledged: true });
  }

  #keep(task: ArchivedTask): void {
    writeDurably(join(this.dir, 'tasks', `${task.task_id}.json`), `${JSON.stringify(z.encode(TaskFile, task))}\n`);
    this.#tasks.set(task.task_id, task);
  }

  task(taskId: Hex): ArchivedTask | undefined {
    return this.#tasks.get(taskId);
  }

  tasks(): ArchivedTask[] {
    return [...this.#tasks.values()];
  }

  input({ input_hash }: ArchivedTask): Uint8Array {
    return new Uint8Array(readFileSync(join(this.dir, 'inputs', input_hash)));
  }

  keepResponse(response: ResponseSubmission): void {
    const name = `${response.task_id}-${response.operator}.json`;
    writeDurably(join(this.dir, 'responses', name), `${JSON.stringify(z.encode(ResponseSubmission, response))}\n`);
  }

  responses(): ResponseSubmission[] {
    return readAll(join(this.dir, 'responses')).map((text) => ResponseSubmission.parse(JSON.parse(text)));
  }
}

/** Files that were written as a whole. */
function readAll(dir: string): string[] {
  return readdirSync(dir)
    .filter((name) => name.endsWith('.json'))
    .map((name) => readFileSync(join(dir, name), 'utf8'));
}
