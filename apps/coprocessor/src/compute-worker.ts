import { parentPort } from 'node:worker_threads';
import { workloadOf } from '@odf/avs';
import type { ComputeAnswer, ComputeOrder } from './compute-pool.js';

const port = parentPort;
if (!port) throw new Error('compute-worker is a worker thread: it is started by ComputePool');

const running = new Map<number, AbortController>();

function answer(message: ComputeAnswer): void {
  const moved = 'result' in message ? [message.result, message.witness] : [];
  // Views into larger memory (node's buffer pool) cannot be moved, only copied.
  port!.postMessage(
    message,
    moved
      .filter((bytes) => bytes.length > 0 && bytes.byteLength === bytes.buffer.byteLength)
      .map((bytes) => bytes.buffer as ArrayBuffer),
  );
}

async function compute(id: number, plugin: string, input: Uint8Array): Promise<void> {
  const abort = new AbortController();
  running.set(id, abort);
  const started = performance.now();
  try {
    const { result, witness } = await workloadOf(plugin).compute(input, abort.signal);
    answer({ id, result, witness, ms: performance.now() - started });
  } catch (error) {
    answer({ id, error: error instanceof Error ? error.message : String(error) });
  } finally {
    running.delete(id);
  }
}

function warmUp(id: number, plugin: string): void {
  try {
    workloadOf(plugin).warmUp('compute');
    answer({ id, warm: true });
  } catch (error) {
    answer({ id, error: error instanceof Error ? error.message : String(error) });
  }
}

port.on('message', (order: ComputeOrder) => {
  if (order.kind === 'abort') running.get(order.id)?.abort();
  else if (order.kind === 'warm') warmUp(order.id, order.plugin);
  else void compute(order.id, order.plugin, order.input);
});
