import { Injectable } from '@nestjs/common';
import { Logger, runMigrations } from 'graphile-worker';
import pg from 'pg';
import type { QueryRunnerLike } from '../columns.js';

/** Work to be done once the transaction that asks for it has committed. */
export interface NewJob {
  /** Which handler does it. */
  task: string;
  /** What it is about; of one task and subject at most one job waits. */
  subject: string;
  /** Milliseconds from now, by Postgres' clock; at once unless told. */
  inMs?: number;
}

/** What a job carries. */
export interface JobPayload {
  subject: string;
  /** How often in a row it failed. */
  failures: number;
}

/**
 * How a job that is there already is treated: `replace` runs it when the new one says, `keep` when it was going to; one under way
 * is followed by the new one. With `ensure` the new one is dropped even then: for askers that come again.
 */
export type KnownJob = 'replace' | 'keep' | 'ensure';

/** Only killed processes use up attempts, so a job is never given up. */
const MAX_ATTEMPTS = 32_767;

/** Jobs in Postgres, added by whoever changes what they follow. */
@Injectable()
export class JobsRepository {
  /** Adds a job in the caller's transaction. */
  add(runner: QueryRunnerLike, job: NewJob, known: KnownJob = 'replace'): Promise<void> {
    return addJob(runner, job, { failures: 0, known });
  }
}

/** Adds a job that may have failed before. */
export async function addJob(
  runner: QueryRunnerLike,
  { task, subject, inMs = 0 }: NewJob,
  { failures, known }: { failures: number; known: KnownJob },
): Promise<void> {
  const payload: JobPayload = { subject, failures };
  await runner.query(
    `select from graphile_worker.add_job($1, $2::json, run_at => now() + $3::bigint * interval '1 millisecond',
       max_attempts => ${MAX_ATTEMPTS}, job_key => $4, job_key_mode => $5)`,
    [task, JSON.stringify(payload), Math.ceil(inMs), `${task}/${subject}`, MODES[known]],
  );
}

const MODES = { replace: 'replace', keep: 'preserve_run_at', ensure: 'unsafe_dedupe' } as const;

/** Makes the tables of jobs in a database, or brings them up to date. */
export async function installJobs(url: string): Promise<void> {
  const pool = jobsPool(url, 1, () => undefined);
  try {
    await runMigrations({ pgPool: pool, logger: new Logger(() => () => undefined) });
  } finally {
    await pool.end();
  }
}

/** A pool for jobs alone; those who work wait for no request, and no request for them. */
export function jobsPool(url: string, max: number, onError: (error: Error) => void): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max, application_name: 'odf-jobs', keepAlive: true });
  pool.on('error', onError);
  pool.on('connect', (client) => void client.on('error', onError));
  return pool;
}
