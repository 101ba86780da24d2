import { createTestDatabase, waitFor, type TestDatabase } from '@odf/testing';
import pg from 'pg';
import type { DataSource } from 'typeorm';
import { inTransaction } from '../database.js';
import { JobWorkers, type JobHandler } from './job-workers.js';
import { JobsRepository } from './jobs.repository.js';

jest.setTimeout(60_000);

const jobs = new JobsRepository();
let database: TestDatabase;
let dataSource: DataSource;
let workers: JobWorkers[];
beforeEach(async () => {
  database = await createTestDatabase();
  dataSource = await database.connect();
  workers = [];
});
afterEach(async () => {
  for (const each of workers) await each.stop();
  await database.drop();
});

const warnings: string[] = [];
const log = { debug: () => undefined, warn: (_: object, message: string) => void warnings.push(message) };

function work(handler: JobHandler): void {
  const started = new JobWorkers({ database: dataSource, handlers: { count: handler }, log });
  workers.push(started);
  started.start();
}
const waiting = async () => Number((await dataSource.query('select count(*) from graphile_worker.jobs'))[0].count);

describe('jobs', () => {
  it('run once their transaction has committed, and not if it does not', async () => {
    const done: string[] = [];
    work(async (subject) => (done.push(subject), null));
    const failing = inTransaction(dataSource, async (runner) => {
      await jobs.add(runner, { task: 'count', subject: 'rolled back' });
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    await inTransaction(dataSource, (runner) => jobs.add(runner, { task: 'count', subject: 'kept' }));
    await waitFor(async () => (await waiting()) === 0);
    expect(done).toEqual(['kept']);
  });

  it('are one of a task and subject, and run again when they say so', async () => {
    for (const inMs of [3_600_000, 0]) await jobs.add(dataSource, { task: 'count', subject: 'one', inMs });
    await jobs.add(dataSource, { task: 'count', subject: 'one', inMs: 3_600_000 }, 'keep');
    expect(await waiting()).toBe(1);
    const done: string[] = [];
    work(async (subject) => (done.push(subject) < 3 ? 1 : null));
    await waitFor(async () => (await waiting()) === 0);
    expect(done).toEqual(['one', 'one', 'one']);
  });

  it('that fail are tried again', async () => {
    let runs = 0;
    await jobs.add(dataSource, { task: 'count', subject: 'one' });
    work(async () => {
      if (++runs < 2) throw new Error('not yet');
      return null;
    });
    await waitFor(async () => (await waiting()) === 0);
    expect(runs).toBe(2);
    expect(warnings).toContain('a job failed and is tried again');
  });

  it('of a process that is gone are done by another one at once, of one that lives never', async () => {
    const [gone, lives] = ['pool-gone', 'pool-lives'];
    for (const subject of [gone, lives]) await jobs.add(dataSource, { task: 'count', subject });
    await dataSource.query(
      `update graphile_worker._private_jobs set locked_at = now(), locked_by = payload->>'subject', attempts = 1`,
    );
    const holder = new pg.Client({ connectionString: database.url });
    await holder.connect();
    await holder.query(`select pg_advisory_lock(hashtextextended('jobs:' || $1, 0))`, [lives]);
    const done: string[] = [];
    work(async (subject) => (done.push(subject), null));
    await waitFor(async () => (await waiting()) === 1);
    expect(done).toEqual([gone]);
    await holder.end();
  });

  it('go on when every connection of theirs was cut', async () => {
    const done: string[] = [];
    work(async (subject) => (done.push(subject), null));
    const cut = () =>
      dataSource.query<unknown[]>(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where application_name like 'odf-jobs%' and datname = current_database()`,
      );
    await waitFor(async () => (await cut()).length >= 2);
    await jobs.add(dataSource, { task: 'count', subject: 'later' });
    // A job that was taken as the line broke is freed half a minute later.
    await waitFor(async () => (await waiting()) === 0, { timeoutMs: 45_000 });
    expect(done).toEqual(['later']);
  });
});
