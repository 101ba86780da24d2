import { Worker } from 'node:worker_threads';
import type { Hex } from '@odf/protocol';
import type { ResultAnswer, ResultOrder } from './result-worker.js';

interface Waiting {
  resolve(result: Hex): void;
  reject(error: Error): void;
}

/** Computes results anew in a thread, trusting nobody: what an AVS of this kind can always do. */
export class ResultChecker {
  readonly #worker = new Worker(new URL('./result-worker.js', import.meta.url), { name: 'odf-demo-avs', execArgv: [] });
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  constructor() {
    this.#worker.on('message', (answer: ResultAnswer) => this.#answered(answer));
    this.#worker.on('error', (error) => this.#lost(error));
    this.#worker.on('exit', () => this.#lost(new Error('the checking thread ended')));
  }

  /** The one right result of an input. */
  resultOf(plugin: string, input: Uint8Array): Promise<Hex> {
    return new Promise((resolve, reject) => {
      const order: ResultOrder = { id: ++this.#lastId, plugin, input };
      this.#waiting.set(order.id, { resolve, reject });
      this.#worker.postMessage(order);
    });
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #answered({ id, result, error }: ResultAnswer): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (result) waiting?.resolve(result);
    else waiting?.reject(new Error(error));
  }

  #lost(error: Error): void {
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
  }
}
