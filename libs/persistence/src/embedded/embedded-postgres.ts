import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { type Binaries, findBinaries } from './binaries.js';
import { ensureCluster, passwordOf, superuser } from './cluster.js';
import { type ClusterHome, openHome } from './cluster-home.js';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import {
  findPostmaster,
  isRunning,
  lastWords,
  type Postmaster,
  spawnPostmaster,
  stopPostmaster,
  untilReady,
} from './postmaster.js';
import { boundServerLog } from './server-log.js';
import { withStartLock } from '@odf/telemetry';

export { EmbeddedPostgresError } from './embedded-postgres-error.js';

/** How to start an embedded server. */
export interface EmbeddedPostgresOptions {
  /** The folder of this database; made when missing. */
  readonly dataDir: string;
  /** False gives up durability for speed, for tests only; true unless told. */
  readonly fsync?: boolean;
  /** Learns what happens to the server. */
  readonly log?: (message: string) => void;
}

/** A running embedded server. */
export interface EmbeddedPostgres {
  /** `postgres://…` with the password of this data folder. */
  readonly url: string;
  /** Whether the server was already running, left by a process that had no time to stop it. */
  readonly adopted: boolean;
  /** Stops the server, for every process that uses it; open transactions roll back. */
  stop(): Promise<void>;
}

/** What a start needs to know, resolved once. */
interface Plan {
  readonly home: ClusterHome;
  readonly binaries: Binaries;
  readonly fsync: boolean;
  readonly log: (message: string) => void;
}

const databaseName = 'odf';

/**
 * Starts the Postgres of a data folder on a free port of 127.0.0.1, or adopts the one that already serves it; starts
 * it again, on the same port, whenever it dies before `stop`.
 *
 * The server outlives this process: Ctrl-C or a kill leave it running, and the next start adopts it. As root it runs
 * as `nobody`.
 *
 * @throws {EmbeddedPostgresError} when there is no Postgres for this machine or it cannot run; the message names
 * DATABASE_URL.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  if (process.platform === 'win32') throw new EmbeddedPostgresError('The embedded Postgres does not run on Windows.');
  const home = openHome(resolve(options.dataDir));
  const { fsync = true, log = () => undefined } = options;
  const plan: Plan = { home, binaries: await findBinaries(home.runAs), fsync, log };
  const { postmaster, adopted } = await withStartLock(home.lockFile, () => startOrAdopt(plan));
  const supervision = supervise(plan, postmaster);
  let stopping: Promise<void> | undefined;
  return {
    url: `postgres://${superuser}:${passwordOf(home)}@127.0.0.1:${postmaster.port}/${databaseName}`,
    adopted,
    stop: () => (stopping ??= supervision.end().then(stopPostmaster)),
  };
}

/** Stops the server of a data folder that a killed process has left running, if there is one. */
export async function stopLeftPostgres(dataDir: string): Promise<void> {
  const running = existsSync(dataDir) ? findPostmaster(openHome(resolve(dataDir))) : undefined;
  if (running) await stopPostmaster(running);
}

async function startOrAdopt(plan: Plan, fixedPort?: number): Promise<{ postmaster: Postmaster; adopted: boolean }> {
  const running = findPostmaster(plan.home);
  const ready = running && (await untilReady(plan.home, running));
  if (running && ready?.fsync === plan.fsync) {
    await ensureDatabase(plan.home, running.port);
    plan.log(`adopted the Postgres with pid ${running.pid} on port ${running.port}`);
    return { postmaster: running, adopted: true };
  }
  if (running) await stopPostmaster(running);
  await ensureCluster(plan.home, plan.binaries, plan.fsync);
  const postmaster = await start(plan, fixedPort);
  await ensureDatabase(plan.home, postmaster.port);
  plan.log(`started Postgres with pid ${postmaster.pid} on port ${postmaster.port}, data in ${plan.home.data}`);
  return { postmaster, adopted: false };
}

/** Tries again when somebody took the port in between, and while the backends of a killed server are still ending. */
async function start({ home, binaries, fsync }: Plan, fixedPort?: number): Promise<Postmaster> {
  for (let attempt = 1; ; attempt++) {
    boundServerLog(home.logFile);
    const port = fixedPort ?? (await freePort(attempt === 1 ? lastPort(home) : 0));
    const { postmaster, logStart } = await spawnPostmaster(home, binaries, port, fsync);
    if (await untilReady(home, postmaster)) {
      writeFileSync(`${home.portFile}.new`, String(port));
      renameSync(`${home.portFile}.new`, home.portFile);
      return postmaster;
    }
    const words = lastWords(home, logStart);
    const passes = /Address already in use|could not bind|is still in use/.test(words);
    if (!passes || attempt === 50) throw new EmbeddedPostgresError(`The embedded Postgres did not start: ${words}`);
    await delay(200);
  }
}

/** Watches the server until `end`, which answers the postmaster that runs by then. */
function supervise(plan: Plan, first: Postmaster): { end(): Promise<Postmaster> } {
  let current = first;
  let ended = false;
  let restart: Promise<void> | undefined;
  const restartIfDead = async (): Promise<void> => {
    boundServerLog(plan.home.logFile);
    if (ended || isRunning(current)) return;
    plan.log(`the Postgres with pid ${current.pid} died; starting it again`);
    current = (await withStartLock(plan.home.lockFile, () => startOrAdopt(plan, first.port))).postmaster;
  };
  const timer = setInterval(() => {
    restart ??= restartIfDead()
      .catch((error: unknown) => plan.log(`Postgres does not start again: ${String(error)}`))
      .finally(() => (restart = undefined));
  }, 500);
  timer.unref();
  return {
    end: async () => {
      ended = true;
      clearInterval(timer);
      await restart;
      return current;
    },
  };
}

async function ensureDatabase(home: ClusterHome, port: number): Promise<void> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: superuser,
    password: passwordOf(home),
    database: 'postgres',
  });
  await client.connect();
  try {
    const found = await client.query('select 1 from pg_database where datname = $1', [databaseName]);
    if (found.rowCount === 0) await client.query(`create database ${databaseName}`);
  } finally {
    await client.end();
  }
}

function lastPort(home: ClusterHome): number {
  return existsSync(home.portFile) ? Number(readFileSync(home.portFile, 'utf8')) : 0;
}

/** The wished port if nobody listens there, else any free one. */
async function freePort(wished: number): Promise<number> {
  const probe = createServer();
  try {
    return await new Promise<number>((found, failed) => {
      probe.once('error', failed);
      probe.listen({ host: '127.0.0.1', port: wished }, () => found((probe.address() as { port: number }).port));
    });
  } catch (error) {
    if (wished === 0) throw error;
    return freePort(0);
  } finally {
    if (probe.listening) await new Promise((closed) => probe.close(closed));
  }
}
