import { EventEmitter } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Computed, Verdict, VerifyOptions } from '../workload.js';
import { carryOut, type VerificationAnswer, type VerificationOrder } from './verification-order.js';

/** What of a worker thread is used. */
export interface Thread {
  postMessage(order: VerificationOrder): void;
  on(event: 'message', listener: (answer: VerificationAnswer) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'exit', listener: (code: number) => void): unknown;
  terminate(): Promise<unknown>;
}

/** Runs orders in this thread: where the sources are not built there is no file that a worker could load. */
class HereInstead extends EventEmitter implements Thread {
  postMessage(order: VerificationOrder): void {
    void carryOut(order).then((answer) => answer && this.emit('message', answer));
  }

  async terminate(): Promise<void> {
    this.removeAllListeners();
  }
}

function startThread(): Thread {
  if (!import.meta.url.endsWith('.js')) return new HereInstead();
  const worker = new Worker(new URL('./verification.worker.js', import.meta.url), {
    name: 'odf-verification',
    execArgv: [],
  });
  worker.unref();
  return worker;
}

interface Waiting {
  resolve: (verdict: Verdict) => void;
  reject: (error: Error) => void;
}

/**
 * Checks payloads off the event loop, one after another, in one thread that is replaced when it dies.
 *
 * Loading a workload such as `kzg-da` blocks for seconds, and each check for tens of milliseconds.
 */
export class VerificationThread {
  readonly #waiting = new Map<number, Waiting>();
  #thread: Thread | undefined;
  #lastId = 0;

  constructor(private readonly start: () => Thread = startThread) {}

  /** Loads what a workload needs before the first payload waits for it. */
  warmUp(plugin: string): void {
    this.#tell({ warm: plugin });
  }

  /**
   * Checks a payload against its task's input.
   *
   * @throws {Error} when the thread dies over it: nothing is known of the payload then.
   */
  verify(plugin: string, input: Uint8Array, computed: Computed, options: VerifyOptions): Promise<Verdict> {
    const id = (this.#lastId += 1);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      const { result, witness } = computed;
      this.#tell({ id, plugin, input, result, witness, ...options });
    });
  }

  /** Ends the thread; what waits is rejected. */
  async close(): Promise<void> {
    const thread = this.#thread;
    this.#lose(thread, 'the verification thread was closed');
    await thread?.terminate();
  }

  #tell(order: VerificationOrder): void {
    this.#thread ??= this.#open();
    this.#thread.postMessage(order);
  }

  #open(): Thread {
    const thread = this.start();
    thread.on('message', (answer) => {
      const waiting = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if ('verdict' in answer) waiting?.resolve(answer.verdict);
      else waiting?.reject(new Error(answer.failure));
    });
    thread.on('error', (error) => this.#lose(thread, error.message));
    thread.on('exit', (code) => this.#lose(thread, `the verification thread ended with code ${code}`));
    return thread;
  }

  #lose(thread: Thread | undefined, reason: string): void {
    if (this.#thread !== thread) return;
    this.#thread = undefined;
    const lost = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of lost) reject(new Error(reason));
  }
}
