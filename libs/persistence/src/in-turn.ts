import type { DataSource, EntityManager } from 'typeorm';
import { inTransaction } from './database.js';

/** By database and subject, when the last one in this process is done. */
const lastOf = new WeakMap<DataSource, Map<string, Promise<void>>>();

/**
 * Runs `work` in a transaction in which no other one with the same subject and a common key runs, in any instance.
 *
 * What `work` reads stays true until it commits, rows that do not exist yet included, which row locks cannot promise.
 * `work` may run again after a deadlock with other locks: it must have no effect outside the database.
 */
export async function inTurn<T>(
  dataSource: DataSource,
  subject: string,
  keys: readonly string[],
  work: (manager: EntityManager) => Promise<T>,
): Promise<T> {
  // Sorted, so that two transactions never wait for each other.
  const names = [...new Set(keys)].sort().map((key) => `${subject}:${key}`);
  const locked = (): Promise<T> =>
    inTransaction(dataSource, async (manager) => {
      for (const name of names) await manager.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [name]);
      return work(manager);
    });
  return behindOthers(dataSource, subject, locked);
}

/** Queues in this process first, so that those who wait for the lock do not hold all connections of the pool. */
function behindOthers<T>(dataSource: DataSource, subject: string, work: () => Promise<T>): Promise<T> {
  const subjects = lastOf.get(dataSource) ?? new Map<string, Promise<void>>();
  lastOf.set(dataSource, subjects);
  const turn = (subjects.get(subject) ?? Promise.resolve()).then(work);
  const done = turn.then(
    () => undefined,
    () => undefined,
  );
  subjects.set(subject, done);
  return turn;
}
