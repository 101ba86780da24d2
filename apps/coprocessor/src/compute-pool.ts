import { Worker } from 'node:worker_threads';
import type { Computed } from '@odf/avs';

/** Computes a plug-in's results; the shape of a module that an operator names in its strategy. */
export interface Prover {
  /** The response's bytes, and what they can be checked with. */
  compute(input: Uint8Array, signal: AbortSignal): Promise<Computed>;
  /** Loads what the first job needs. */
  warmUp?(purpose: 'compute'): void | Promise<void>;
}

/** Absolute path of an operator's own prover by plug-in. */
export type ProverFiles = Readonly<Record<string, string>>;

/** What a worker is told. */
export type ComputeOrder =
  | { kind: 'warm'; id: number; plugin: string }
  | { kind: 'compute'; id: number; plugin: string; input: Uint8Array }
  | { kind: 'abort'; id: number };

/** What a worker answers. */
export type ComputeAnswer =
  | { id: number; warm: true }
  | { id: number; result: Uint8Array; witness: Uint8Array; ms: number }
  | { id: number; error: string };

/** The part of a worker thread that the pool uses. */
export type ComputeThread = Pick<Worker, 'postMessage' | 'terminate'> & {
  on(event: 'message', listener: (answer: ComputeAnswer) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'exit', listener: (code: number) => void): unknown;
};

/** A job was not computed; the message says why. */
export class ComputeFailed extends Error {
  override readonly name = 'ComputeFailed';
}

/** How the pool works. */
export interface ComputePoolOptions {
  workers: number;
  /** Jobs that wait; further ones are refused. */
  queueLimit: number;
  /** How long an aborted worker may go on before it is replaced, milliseconds. */
  abortGraceMs?: number;
  /** Used instead of what comes with the plug-in. */
  provers?: ProverFiles;
  start?: () => ComputeThread;
}

interface Job {
  plugin: string;
  input: Uint8Array;
  signal: AbortSignal;
  resolve(value: Computed & { ms: number }): void;
  reject(error: Error): void;
}

interface Seat {
  thread: ComputeThread;
  job?: Job | undefined;
  id: number;
}

const startWorker = (provers: ProverFiles): ComputeThread =>
  new Worker(new URL('./compute-worker.js', import.meta.url), {
    name: 'odf-compute',
    execArgv: [],
    workerData: provers,
  });

/** Worker threads that compute one job each at a time; a thread that dies or does not stop is replaced. */
export class ComputePool {
  readonly #seats: Seat[];
  readonly #waiting: Job[] = [];
  readonly #options: Required<Omit<ComputePoolOptions, 'provers'>>;
  readonly #warm = new Map<string, Promise<void>>();
  readonly #warming = new Map<number, { resolve(): void; reject(error: Error): void }>();
  #lastId = 0;
  #closed = false;

  constructor({ provers = {}, ...options }: ComputePoolOptions) {
    this.#options = { abortGraceMs: 5_000, start: () => startWorker(provers), ...options };
    this.#seats = Array.from({ length: options.workers }, () => this.#seat());
  }

  /** Jobs that run and that wait. */
  get load(): { running: number; waiting: number } {
    return { running: this.#seats.filter(({ job }) => job).length, waiting: this.#waiting.length };
  }

  /**
   * Lets every thread load what a workload needs before its first job; resolves when all have.
   *
   * @throws {ComputeFailed} when one cannot.
   */
  warmUp(plugin: string): Promise<void> {
    const known = this.#warm.get(plugin);
    if (known) return known;
    const warm = Promise.all(this.#seats.map(({ thread }) => this.#warmThread(thread, plugin))).then(() => undefined);
    this.#warm.set(plugin, warm);
    warm.catch(() => this.#warm.delete(plugin));
    return warm;
  }

  /**
   * Computes a job.
   *
   * @throws {ComputeFailed} when the queue is full, the workload refuses the input, or the signal aborts.
   */
  compute(plugin: string, input: Uint8Array, signal: AbortSignal): Promise<Computed & { ms: number }> {
    if (this.#closed) return Promise.reject(new ComputeFailed('the pool is closed'));
    if (signal.aborted) return Promise.reject(aborted());
    if (this.#waiting.length >= this.#options.queueLimit) {
      return Promise.reject(new ComputeFailed(`${this.#waiting.length} jobs wait already`));
    }
    return new Promise((resolve, reject) => {
      const job: Job = { plugin, input, signal, resolve, reject };
      signal.addEventListener('abort', () => this.#abort(job), { once: true });
      this.#waiting.push(job);
      this.#next();
    });
  }

  /** Ends all threads; jobs under way are rejected. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const job of this.#waiting.splice(0)) job.reject(new ComputeFailed('the pool is closed'));
    await Promise.all(this.#seats.map(({ thread }) => thread.terminate()));
  }

  #warmThread(thread: ComputeThread, plugin: string): Promise<void> {
    const id = ++this.#lastId;
    const done = new Promise<void>((resolve, reject) => this.#warming.set(id, { resolve, reject }));
    thread.postMessage({ kind: 'warm', id, plugin } satisfies ComputeOrder);
    return done;
  }

  #seat(): Seat {
    const thread = this.#options.start();
    const seat: Seat = { thread, id: 0 };
    thread.on('message', (answer) => this.#answered(seat, answer));
    thread.on('error', (error) => this.#lost(seat, error));
    thread.on('exit', (code) => this.#lost(seat, new Error(`the worker exited with code ${code}`)));
    // A replacement that cannot warm up fails its first job, which tells.
    for (const plugin of this.#warm.keys()) this.#warmThread(thread, plugin).catch(() => undefined);
    return seat;
  }

  #next(): void {
    for (const seat of this.#seats) {
      if (seat.job) continue;
      const job = this.#waiting.shift();
      if (!job) return;
      seat.job = job;
      seat.id = ++this.#lastId;
      seat.thread.postMessage({
        kind: 'compute',
        id: seat.id,
        plugin: job.plugin,
        input: job.input,
      } satisfies ComputeOrder);
    }
  }

  #answered(seat: Seat, answer: ComputeAnswer): void {
    const warming = this.#warming.get(answer.id);
    if (warming) {
      this.#warming.delete(answer.id);
      return 'error' in answer ? warming.reject(new ComputeFailed(answer.error)) : warming.resolve();
    }
    const { job } = seat;
    if (!job || answer.id !== seat.id) return;
    seat.job = undefined;
    if ('result' in answer) job.resolve({ result: answer.result, witness: answer.witness, ms: answer.ms });
    else if ('error' in answer) job.reject(new ComputeFailed(answer.error));
    this.#next();
  }

  #lost(seat: Seat, cause: Error): void {
    const at = this.#seats.indexOf(seat);
    if (at === -1 || this.#closed) return seat.job?.reject(new ComputeFailed('the pool is closed'));
    const lost = new ComputeFailed(`a compute thread stopped: ${cause.message}`);
    seat.job?.reject(lost);
    for (const warming of this.#warming.values()) warming.reject(lost);
    this.#warming.clear();
    this.#seats[at] = this.#seat();
    this.#next();
  }

  #abort(job: Job): void {
    job.reject(aborted());
    const waiting = this.#waiting.indexOf(job);
    if (waiting !== -1) return void this.#waiting.splice(waiting, 1);
    const seat = this.#seats.find((one) => one.job === job);
    if (!seat) return;
    seat.thread.postMessage({ kind: 'abort', id: seat.id } satisfies ComputeOrder);
    setTimeout(() => {
      if (seat.job === job) void seat.thread.terminate();
    }, this.#options.abortGraceMs).unref();
  }
}

function aborted(): ComputeFailed {
  return new ComputeFailed('aborted: there is no time left to deliver');
}
