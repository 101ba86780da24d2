import { createPlugin } from '@odf/avs';
import { toHex } from '@odf/protocol';
import { bindPlugin } from './bind-plugin.js';
import { fetchInput, fetchTask } from './task-input.js';
import type { TaskFlow } from '../task-flow.js';

/** Computes a Lightweight AVS's result here; no coprocessor is asked. */
export async function computeHere(flow: TaskFlow): Promise<void> {
  const { deps, signal } = flow;
  const task = await fetchTask(flow);
  if (Number(task.deadline_ms) <= deps.clock.nowMs()) return flow.advance('expired');
  const config = bindPlugin(flow, flow.session);
  const plugin = createPlugin(config);
  const input = await fetchInput(flow);
  const { result } = await plugin.workload.compute(input, signal);
  const { digest } = plugin.responseDigest(task.task_id, result);
  await flow.advance('verified', {
    result: toHex(result),
    digest,
    plugin: config,
    deadline_ms: task.deadline_ms,
  });
}
