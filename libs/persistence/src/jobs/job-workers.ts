import { Logger, run, type JobHelpers, type Runner } from 'graphile-worker';
import { EventEmitter } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import type { DataSource } from 'typeorm';
import { z } from 'zod';
import { JobLeases } from './job-leases.js';
import { addJob, jobsPool } from './jobs.repository.js';

/** Does a job, and returns in how many ms it is to be done again; null when it is done. Killed anywhere, it is done anew. */
export type JobHandler = (subject: string) => Promise<number | null>;

/** A pino-like log. */
export interface JobLog {
  debug(members: object, message: string): void;
  warn(members: object, message: string): void;
}

/** What workers work on. */
export interface JobWorkersOptions {
  database: DataSource;
  /** By task. */
  handlers: Readonly<Record<string, JobHandler>>;
  /** The most jobs at a time; 4 unless told. */
  concurrency?: number;
  log: JobLog;
  /** Learns of each job that failed; it is tried again. */
  onFailure?: (task: string) => void;
}

/** Jobs are looked for this often, ms, should a notification be lost or a job's time have come. */
const POLL_MS = 1_000;
/** How often jobs of processes that are gone are freed, ms. */
const FREE_EVERY_MS = 30_000;
/** Before workers that ended by themselves, as they do when Postgres goes away, begin again, ms. */
const RESTART_MS = 1_000;
const FIRST_BACKOFF_MS = 1_000;
const LONGEST_BACKOFF_MS = 60_000;

/** Levels of graphile-worker that people should see. */
const TROUBLE: readonly string[] = ['error', 'warning'];

const payload = z.object({ subject: z.string(), failures: z.int().min(0) });

/** Does jobs of a database, beside other processes that do. */
export class JobWorkers {
  readonly #pool: pg.Pool;
  readonly #leases: JobLeases;
  readonly #stopping = new AbortController();
  #runner: Runner | undefined;
  #running: Promise<void> | undefined;

  constructor(private readonly options: JobWorkersOptions) {
    const { database, concurrency = 4, log } = options;
    const { url } = database.options as { url: string };
    const onError = (error: Error): void => log.warn({ err: error }, 'a database connection of the jobs broke');
    this.#pool = jobsPool(url, concurrency + 2, onError);
    this.#leases = new JobLeases(url, onError);
  }

  /** Begins, jobs included that processes left which are gone; goes on until it is stopped, whatever breaks. */
  start(): void {
    this.#running ??= this.#keepRunning(this.#stopping.signal);
  }

  /** Lets jobs under way finish. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    // It may be ending by itself at this very moment.
    await this.#runner?.stop().catch(() => undefined);
    await this.#running;
    await this.#leases.close();
    await this.#pool.end();
  }

  async #keepRunning(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#runUntilItEnds(signal);
      } catch (error) {
        this.options.log.warn({ err: error }, 'the workers of jobs ended and begin again');
      }
      await delay(RESTART_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  async #runUntilItEnds(signal: AbortSignal): Promise<void> {
    const { worker, runner } = await this.#run();
    this.#runner = runner;
    const ended = runner.promise;
    const freeing = setInterval(() => void this.#free(worker), FREE_EVERY_MS).unref();
    try {
      if (signal.aborted) await runner.stop();
      else await this.#free(worker);
      await ended;
    } finally {
      clearInterval(freeing);
      this.#runner = undefined;
    }
  }

  async #run(): Promise<{ worker: string; runner: Runner }> {
    const { concurrency = 4, handlers, log } = this.options;
    const events = new EventEmitter();
    let worker = '';
    events.once('pool:create', ({ workerPool }: { workerPool: { id: string } }) => (worker = workerPool.id));
    const tasks = Object.entries(handlers).map(([task, handler]) => [
      task,
      (given: unknown, helpers: JobHelpers) => this.#perform(task, handler, given, helpers),
    ]);
    const runner = await run({
      pgPool: this.#pool,
      concurrency,
      events,
      noHandleSignals: true,
      parsedCronItems: [],
      pollInterval: POLL_MS,
      taskList: Object.fromEntries(tasks) as Record<string, (given: unknown, helpers: JobHelpers) => Promise<void>>,
      logger: new Logger((scope) => (level, message) => {
        log[TROUBLE.includes(level) ? 'warn' : 'debug']({ ...scope }, message);
      }),
    });
    return { worker, runner };
  }

  async #free(worker: string): Promise<void> {
    await this.#leases.freeOthers(worker).catch((error: unknown) => {
      this.options.log.warn({ err: error }, 'jobs of processes that are gone could not be freed');
    });
  }

  /** What a job throws is no failure of its worker: it is tried again, later each time, but never hours later. */
  async #perform(task: string, handler: JobHandler, given: unknown, helpers: JobHelpers): Promise<void> {
    const { subject, failures } = payload.parse(given);
    const again = (inMs: number, failed: number) =>
      addJob(helpers, { task, subject, inMs }, { failures: failed, known: 'keep' });
    let againMs: number | null;
    try {
      againMs = await handler(subject);
    } catch (error) {
      this.options.log.warn({ err: error, task, subject, failures: failures + 1 }, 'a job failed and is tried again');
      this.options.onFailure?.(task);
      const pauseMs = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.min(failures, 20));
      return again(pauseMs, failures + 1);
    }
    if (againMs !== null) await again(againMs, 0);
  }
}
