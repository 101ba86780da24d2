import { Logger, run, type JobHelpers, type Runner } from 'graphile-worker';
import { EventEmitter } from 'node:events';
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
const POLL_MS = 500;
/** How often jobs of processes that are gone are freed, ms. */
const FREE_EVERY_MS = 30_000;
const FIRST_BACKOFF_MS = 1_000;
const LONGEST_BACKOFF_MS = 300_000;

/** Levels of graphile-worker that people should see. */
const TROUBLE: readonly string[] = ['error', 'warning'];

const payload = z.object({ subject: z.string(), failures: z.int().min(0) });

/** Does jobs of a database, beside other processes that do. */
export class JobWorkers {
  readonly #pool: pg.Pool;
  readonly #leases: JobLeases;
  #running: Promise<Runner> | undefined;
  #freeing: NodeJS.Timeout | undefined;

  constructor(private readonly options: JobWorkersOptions) {
    const { database, concurrency = 4, log } = options;
    const { url } = database.options as { url: string };
    const onError = (error: Error): void => log.warn({ err: error }, 'a database connection of the jobs broke');
    this.#pool = jobsPool(url, concurrency + 2, onError);
    this.#leases = new JobLeases(url, onError);
  }

  /** Begins with jobs that processes left which are gone. */
  start(): void {
    this.#running ??= this.#run();
    // Who stops waits for it and learns of it; nobody may have stopped yet.
    this.#running.catch((error: unknown) => this.options.log.warn({ err: error }, 'the jobs cannot be worked on'));
  }

  /** Lets jobs under way finish. */
  async stop(): Promise<void> {
    clearInterval(this.#freeing);
    const runner = await this.#running?.catch(() => undefined);
    await runner?.stop();
    await this.#leases.close();
    await this.#pool.end();
  }

  async #run(): Promise<Runner> {
    const { concurrency = 4, handlers, log } = this.options;
    const events = new EventEmitter();
    const created = new Promise<string>((resolve) => {
      events.once('pool:create', ({ workerPool }: { workerPool: { id: string } }) => resolve(workerPool.id));
    });
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
        const isTrouble = TROUBLE.includes(level);
        log[isTrouble ? 'warn' : 'debug']({ ...scope }, message);
      }),
    });
    await this.#lease(await created);
    return runner;
  }

  async #lease(worker: string): Promise<void> {
    const free = () =>
      this.#leases.freeOthers(worker).catch((error: unknown) => {
        this.options.log.warn({ err: error }, 'jobs of processes that are gone could not be freed');
      });
    await free();
    this.#freeing = setInterval(() => void free(), FREE_EVERY_MS).unref();
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
