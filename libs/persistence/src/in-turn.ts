import type { DataSource, EntityManager } from 'typeorm';
import { inTransaction } from './database.js';

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
  return inTransaction(dataSource, async (manager) => {
    for (const name of names) await manager.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [name]);
    return work(manager);
  });
}
