import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Verdict } from '@odf/avs';
import { Worker } from 'node:worker_threads';
import { AvsRegistry } from '../core/avs-registry.js';
import { RANDOM_BYTES, type RandomBytes } from '../relay.tokens.js';
import type { VerificationAnswer, VerificationOrder } from './verification.worker.js';

interface Waiting {
  resolve: (verdict: Verdict) => void;
  reject: (error: Error) => void;
}

/** Checks payloads off the event loop, in one thread that is replaced when it dies. */
@Injectable()
export class VerificationThread implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #lastId = 0;

  constructor(
    private readonly registry: AvsRegistry,
    @Inject(RANDOM_BYTES) private readonly random: RandomBytes,
  ) {}

  /** Loads what the configured workloads need before the first delivery waits for it. */
  onApplicationBootstrap(): void {
    for (const { config, plugin } of this.registry.all()) {
      const wanted = plugin.workload.meta.class === 'intensive' && config.verification === 'before';
      if (wanted) this.#tell({ warm: config.plugin });
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#worker?.terminate();
  }

  /** Fully checks a payload against its task's input. */
  verify(plugin: string, input: Uint8Array, payload: { result: Uint8Array; witness: Uint8Array }): Promise<Verdict> {
    const id = (this.#lastId += 1);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#tell({ id, plugin, input, ...payload, seed: this.random(32) });
    });
  }

  #tell(order: VerificationOrder): void {
    this.#worker ??= this.#start();
    this.#worker.postMessage(order);
  }

  #start(): Worker {
    const worker = new Worker(new URL('./verification.worker.js', import.meta.url), {
      name: 'odf-verification',
      execArgv: [],
    });
    worker.unref();
    worker.on('message', (answer: VerificationAnswer) => {
      const waiting = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if ('verdict' in answer) waiting?.resolve(answer.verdict);
      else waiting?.reject(new Error(answer.failure));
    });
    const lost = (reason: string) => {
      if (this.#worker === worker) this.#worker = undefined;
      for (const { reject } of this.#waiting.values()) reject(new Error(reason));
      this.#waiting.clear();
    };
    worker.on('error', (error) => lost(error.message));
    worker.on('exit', (code) => lost(`the verification thread ended with code ${code}`));
    return worker;
  }
}
