import { routes, sha256, type Hex, type TaskInfo } from '@odf/protocol';
import { checkTask } from '../header-check.js';
import { refuse, RefusedError } from '../refusal.js';
import type { TaskFlow } from '../task-flow.js';

const LARGEST_INPUT = 16 << 20;

/**
 * The task as its relay tells it, bound to its id.
 *
 * @throws {RefusedError} TASK_MISMATCH.
 */
export async function fetchTask(flow: TaskFlow): Promise<TaskInfo> {
  const { task_id, avs_id } = flow.record;
  const task = await flow.session.client.data(routes.getTask, { params: { task_id }, signal: flow.signal });
  const refusal = checkTask(task, { task_id, avs_id });
  if (refusal) throw new RefusedError(refusal);
  return task;
}

/**
 * The task's input; where the owner named the AVS's own source (`input_url`), it must say the same.
 *
 * @throws {RefusedError} TASK_MISMATCH or INPUT_MISMATCH.
 */
export async function fetchInput(flow: TaskFlow): Promise<Uint8Array> {
  const task = await fetchTask(flow);
  const source = flow.validator.avs.get(task.avs_id)?.input_url;
  if (source !== undefined) await compareWithSource(source, task, flow.signal);
  return task.input;
}

async function compareWithSource(source: string, task: TaskInfo, signal: AbortSignal): Promise<void> {
  const url = source.replace('{task_id}', task.task_id).replace('{native_ref}', task.native_ref);
  const response = await fetch(url, {
    redirect: 'error',
    signal: AbortSignal.any([signal, AbortSignal.timeout(10_000)]),
  });
  if (!response.ok) throw new Error(`the AVS answers ${response.status} at ${url}`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  const theirs: Hex = bytes.length > LARGEST_INPUT ? '0x' : sha256(bytes);
  if (theirs !== sha256(task.input)) throw new RefusedError(refuse('INPUT_MISMATCH'));
}
