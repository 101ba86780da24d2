import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { workloadOf } from '@odf/avs';
import type { ComputeAnswer, ComputeOrder, Prover, ProverFiles } from './compute-pool.js';

const port = parentPort;
if (!port) throw new Error('compute-worker is a worker thread: it is started by ComputePool');

const provers = workerData as ProverFiles;
const running = new Map<number, AbortController>();

/** The operator's own prover of a plug-in, or the one that comes with it. */
async function proverOf(plugin: string): Promise<Prover> {
  const file = provers[plugin];
  if (file === undefined) return workloadOf(plugin);
  const module = (await import(pathToFileURL(file).href)) as Partial<Prover>;
  if (typeof module.compute !== 'function') throw new Error(`${file} exports no function "compute"`);
  return module as Prover;
}

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
    const { result, witness } = await (await proverOf(plugin)).compute(input, abort.signal);
    answer({ id, result, witness, ms: performance.now() - started });
  } catch (error) {
    answer({ id, error: error instanceof Error ? error.message : String(error) });
  } finally {
    running.delete(id);
  }
}

async function warmUp(id: number, plugin: string): Promise<void> {
  try {
    await (await proverOf(plugin)).warmUp?.('compute');
    answer({ id, warm: true });
  } catch (error) {
    answer({ id, error: error instanceof Error ? error.message : String(error) });
  }
}

port.on('message', (order: ComputeOrder) => {
  if (order.kind === 'abort') running.get(order.id)?.abort();
  else if (order.kind === 'warm') void warmUp(order.id, order.plugin);
  else void compute(order.id, order.plugin, order.input);
});
