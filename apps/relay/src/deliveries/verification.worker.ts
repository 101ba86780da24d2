import { workloadOf, type Verdict } from '@odf/avs';
import { parentPort } from 'node:worker_threads';

/** A payload to check. */
export interface VerificationJob {
  id: number;
  plugin: string;
  input: Uint8Array;
  result: Uint8Array;
  witness: Uint8Array;
  seed: Uint8Array;
}

/** What the thread is told: to load a workload, or to check a payload. */
export type VerificationOrder = { warm: string } | VerificationJob;

/** What the thread answers to a job. */
export type VerificationAnswer = { id: number; verdict: Verdict } | { id: number; failure: string };

const port = parentPort;
if (!port) throw new Error('verification.worker is a worker thread: it is started by VerificationThread');

port.on('message', (order: VerificationOrder) => {
  if ('warm' in order) return workloadOf(order.warm).warmUp('verify');
  const { id, plugin, input, result, witness, seed } = order;
  workloadOf(plugin)
    .verify(input, { result, witness }, { seed, level: 'full' })
    .then(
      (verdict) => port.postMessage({ id, verdict } satisfies VerificationAnswer),
      (error: unknown) => port.postMessage({ id, failure: String(error) } satisfies VerificationAnswer),
    );
});
