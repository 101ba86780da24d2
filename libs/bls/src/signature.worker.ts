import { parentPort, workerData } from 'node:worker_threads';
import { BatchCore } from './batch-core.js';
import type { BatchAnswer, BatchRequest, WorkerSettings } from './batch-worker.js';

if (!parentPort) throw new Error('signature.worker is a worker thread: start it through SignatureVerifier');
const port = parentPort;
const core = new BatchCore((workerData as WorkerSettings).cachedKeys);

// What throws here is no bad signature but a broken library: the thread dies of it, its work is rejected, and a new one starts.
port.on('message', ({ id, packed }: BatchRequest) => {
  const verdicts = core.verify(packed);
  const answer: BatchAnswer = { id, verdicts };
  port.postMessage(answer, [verdicts.buffer]);
});
