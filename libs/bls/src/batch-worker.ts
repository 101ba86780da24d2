import { OdfError } from '@odf/protocol';
import type { Worker } from 'node:worker_threads';

/** What the thread is told when it starts. */
export interface WorkerSettings {
  /** How many decompressed keys it keeps, about 250 bytes each. */
  cachedKeys: number;
}
/** A batch for the thread; `packed` as by `packSets`, transferred. */
export interface BatchRequest {
  id: number;
  packed: Uint8Array<ArrayBuffer>;
}
/** The thread's answer: 1 or 0 for each set. */
export interface BatchAnswer {
  id: number;
  verdicts: Uint8Array<ArrayBuffer>;
}

interface Batch {
  resolve: (verdicts: Uint8Array) => void;
  reject: (error: unknown) => void;
}

/** One worker thread: started with the first batch, started anew with the next one after it died. */
export class BatchWorker {
  #worker: Worker | undefined;
  #batches = new Map<number, Batch>();
  #lastId = 0;

  constructor(private readonly start: () => Worker) {}

  /**
   * Sends a packed batch and resolves with its verdicts.
   *
   * @throws {OdfError} UNAVAILABLE when the thread cannot start or dies over it; its cause is in `cause`.
   */
  run(packed: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      try {
        const worker = (this.#worker ??= this.#launch());
        const request: BatchRequest = { id: (this.#lastId += 1), packed };
        this.#batches.set(request.id, { resolve, reject });
        // Only a thread with work keeps the process alive.
        worker.ref();
        worker.postMessage(request, [packed.buffer]);
      } catch (cause) {
        reject(stopped(cause));
      }
    });
  }

  /** Ends the thread; batches still under way are rejected. */
  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #launch(): Worker {
    const worker = this.start();
    worker.on('message', (answer: BatchAnswer) => this.#answered(worker, answer));
    worker.on('error', (cause) => this.#lost(worker, cause));
    worker.on('exit', (code) => this.#lost(worker, new Error(`the thread exited with code ${code}`)));
    worker.unref();
    return worker;
  }

  #answered(worker: Worker, { id, verdicts }: BatchAnswer): void {
    const batch = this.#batches.get(id);
    this.#batches.delete(id);
    if (this.#batches.size === 0) worker.unref();
    batch?.resolve(verdicts);
  }

  #lost(worker: Worker, cause: Error): void {
    if (worker !== this.#worker) return;
    const batches = [...this.#batches.values()];
    this.#worker = undefined;
    this.#batches = new Map();
    for (const batch of batches) batch.reject(stopped(cause));
  }
}

function stopped(cause: unknown): OdfError {
  const error = new OdfError('UNAVAILABLE', 'The thread that checks signatures stopped.', 1);
  error.cause = cause;
  return error;
}
