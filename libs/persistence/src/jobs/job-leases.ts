import pg from 'pg';

/** A connection and the workers' name that it holds. */
interface Lease {
  client: pg.Client;
  worker: string;
}

/**
 * Tells processes that work from those that are gone: each holds a lock under its workers' name for as long as its connection
 * lives, and Postgres lets go of it the moment that the process dies.
 */
export class JobLeases {
  #lease: Lease | undefined;

  constructor(
    private readonly url: string,
    private readonly onError: (error: Error) => void,
  ) {}

  /** Holds `mine`, and frees the jobs of all who hold theirs no more. */
  async freeOthers(mine: string): Promise<void> {
    const client = await this.#leased(mine);
    const { rows } = await client.query<{ worker: string }>(
      `select distinct locked_by as worker from graphile_worker.jobs where locked_by is not null and locked_by <> $1`,
      [mine],
    );
    for (const { worker } of rows) {
      const { rows: locks } = await client.query<{ gone: boolean }>(`select pg_try_advisory_lock(${KEY}) as gone`, [
        worker,
      ]);
      if (!locks[0]!.gone) continue;
      await client.query('select graphile_worker.force_unlock_workers(array[$1])', [worker]);
      await client.query(`select pg_advisory_unlock(${KEY})`, [worker]);
    }
  }

  /** Lets go. */
  async close(): Promise<void> {
    const lease = this.#lease;
    this.#lease = undefined;
    await lease?.client.end();
  }

  async #leased(worker: string): Promise<pg.Client> {
    if (this.#lease?.worker === worker) return this.#lease.client;
    await this.close();
    const client = new pg.Client({ connectionString: this.url, application_name: 'odf-jobs-lease', keepAlive: true });
    client.on('error', this.onError);
    client.on('end', () => {
      if (this.#lease?.client === client) this.#lease = undefined;
    });
    await client.connect();
    await client.query(`select pg_advisory_lock(${KEY})`, [worker]);
    this.#lease = { client, worker };
    return client;
  }
}

const KEY = `hashtextextended('jobs:' || $1, 0)`;
