import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { WorkerSettings } from './batch-worker.js';

/**
 * Starts the signature thread from the file beside this one.
 *
 * A thread cannot load TypeScript: where the sources run uncompiled (under jest) a bootstrap compiles them as they load, so
 * that tests exercise the very thread that ships, built or not.
 */
export function startSignatureWorker(settings: WorkerSettings): Worker {
  const built = import.meta.url.endsWith('.js');
  const entry = built ? './signature.worker.js' : '../test/typescript-worker.cjs';
  return new Worker(fileURLToPath(new URL(entry, import.meta.url)), {
    name: 'odf-bls',
    workerData: settings,
    // The parent's flags (inspectors, test loaders) mean nothing here.
    execArgv: [],
  });
}
