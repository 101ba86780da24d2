import { Worker } from 'node:worker_threads';
import type { ChallengedResponse } from '@odf/avs';
import type { Hex } from '@odf/protocol';
import type { AvsAnswer, AvsOrder, BlobSidecar } from './avs-worker.js';

interface Waiting {
  resolve(value: never): void;
  reject(error: Error): void;
}

type Unnumbered<T> = T extends unknown ? Omit<T, 'id'> : never;

/** What an AVS computes anew in a thread, trusting nobody. */
export class AvsThread {
  readonly #worker = new Worker(new URL('./avs-worker.js', import.meta.url), { name: 'odf-demo-avs', execArgv: [] });
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  constructor() {
    this.#worker.on('message', (answer: AvsAnswer) => this.#answered(answer));
    this.#worker.on('error', (error) => this.#lost(error));
    this.#worker.on('exit', () => this.#lost(new Error('the thread of the AVS ended')));
  }

  /** The one right result of an input. */
  resultOf(plugin: string, input: Uint8Array): Promise<Hex> {
    return this.#order({ kind: 'result', plugin, input });
  }

  /** What a transaction needs to carry a blob. */
  sidecarOf(blob: Uint8Array): Promise<BlobSidecar> {
    return this.#order({ kind: 'sidecar', blob });
  }

  /** Calldata that proves a response to a blob wrong; null where its witness shows nothing wrong. */
  challengeOf(blob: Uint8Array, response: ChallengedResponse, witness: Uint8Array): Promise<Hex | null> {
    return this.#order({ kind: 'challenge', blob, ...response, witness });
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #order<T>(order: Unnumbered<AvsOrder>): Promise<T> {
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId;
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, ...order });
    });
  }

  #answered(answer: AvsAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if ('error' in answer) waiting?.reject(new Error(answer.error));
    else waiting?.resolve(answer.value as never);
  }

  #lost(error: Error): void {
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
  }
}
