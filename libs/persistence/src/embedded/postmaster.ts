import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Binaries } from './binaries.js';
import { passwordOf, serverEnvironment, superuser } from './cluster.js';
import type { ClusterHome } from './cluster-home.js';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import { commandLineOf, processIdentity, readIfThere } from '@odf/telemetry';
import { openServerLog, readServerLog } from './server-log.js';

/** A postmaster that was seen running; `identity` tells it from a later process under the same pid. */
export interface Postmaster {
  readonly pid: number;
  readonly identity: string;
  readonly port: number;
}

/** What `postmaster.pid` says, whether or not such a server runs. */
function readPidFile(home: ClusterHome): { pid: number; port: number; ready: boolean } | undefined {
  const text = readIfThere(join(home.data, 'postmaster.pid'));
  if (text === undefined) return undefined;
  const lines = text.split('\n');
  return { pid: Number(lines[0]), port: Number(lines[3]), ready: lines[7]?.trim() === 'ready' };
}

/** The server of this home that some process, dead or alive, has started. */
export function findPostmaster(home: ClusterHome): Postmaster | undefined {
  const noted = readPidFile(home);
  if (!noted || !isPostmasterOf(noted.pid, home.data)) return undefined;
  const identity = processIdentity(noted.pid);
  return identity === undefined ? undefined : { pid: noted.pid, port: noted.port, identity };
}

/** Whether a pid is the postmaster of this data folder, by its command line, not by its pid alone. */
function isPostmasterOf(pid: number, dataFolder: string): boolean {
  if (processIdentity(pid) === undefined) return false;
  const words = commandLineOf(pid) ?? '';
  return /^\S*postgres\s/.test(words) && words.includes(` -D ${dataFolder} `);
}

/** Whether that very process still runs. */
export function isRunning({ pid, identity }: Postmaster): boolean {
  return processIdentity(pid) === identity;
}

/** Starts a server that outlives us; it may still be recovering when this returns. */
export async function spawnPostmaster(
  home: ClusterHome,
  binaries: Binaries,
  port: number,
  fsync: boolean,
): Promise<{ postmaster: Postmaster; logStart: number }> {
  const { descriptor, start } = openServerLog(home.logFile, home.runAs);
  const child = spawn(binaries.postgres, ['-D', home.data, ...serverArguments(port, fsync)], {
    ...home.runAs,
    cwd: '/',
    env: { ...serverEnvironment, ...staleOwner(home) },
    // A group of its own: Ctrl-C must not stop the database before the relay has drained.
    detached: true,
    stdio: ['ignore', descriptor, descriptor],
  });
  try {
    await once(child, 'spawn');
  } catch (error) {
    throw new EmbeddedPostgresError(`${binaries.postgres} cannot run: ${String(error)}.`, undefined, error);
  } finally {
    closeSync(descriptor);
  }
  child.unref();
  const pid = child.pid ?? 0;
  return { postmaster: { pid, identity: processIdentity(pid) ?? 'ended', port }, logStart: start };
}

/**
 * Waits until the server answers as ours: it proves that it knows our password and serves our data folder.
 *
 * @returns whether it syncs its writes; undefined when it ended instead.
 */
export async function untilReady(home: ClusterHome, postmaster: Postmaster): Promise<{ fsync: boolean } | undefined> {
  while (isRunning(postmaster)) {
    const noted = readPidFile(home);
    const answer = noted?.pid === postmaster.pid && noted.ready ? await ask(home, noted.port) : undefined;
    if (answer) return answer;
    await delay(20);
  }
  return undefined;
}

/** Fast shutdown; after 20 s an immediate one, from which the next start recovers without loss. */
export async function stopPostmaster(postmaster: Postmaster): Promise<void> {
  for (const [signal, seconds] of [
    ['SIGINT', 20],
    ['SIGQUIT', 10],
    ['SIGKILL', 10],
  ] as const) {
    signalIfRunning(postmaster, signal);
    for (let waited = 0; waited < seconds * 50; waited++) {
      if (!isRunning(postmaster)) return;
      await delay(20);
    }
  }
  throw new EmbeddedPostgresError(`The embedded Postgres (pid ${postmaster.pid}) does not stop.`, 'End it by hand.');
}

/** Why a server that ended did so, in its own words. */
export function lastWords(home: ClusterHome, logStart: number): string {
  return readServerLog(home.logFile, logStart) || `it wrote nothing to ${home.logFile}`;
}

function signalIfRunning(postmaster: Postmaster, signal: NodeJS.Signals): void {
  try {
    if (isRunning(postmaster)) process.kill(postmaster.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function serverArguments(port: number, fsync: boolean): string[] {
  const durable = fsync ? 'on' : 'off';
  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    fsync: durable,
    full_page_writes: durable,
    synchronous_commit: durable,
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/**
 * After a kill of everything `postmaster.pid` stays, and its pid may by now be another program's. Postgres would then
 * refuse to start. It ignores the pid of its grandparent, which it reads from this variable (miscinit.c); unlike
 * removing the file, that keeps its check for left-over backends on the same shared memory.
 */
function staleOwner(home: ClusterHome): { PG_GRANDPARENT_PID?: string } {
  const noted = readPidFile(home);
  return noted && !isPostmasterOf(noted.pid, home.data) ? { PG_GRANDPARENT_PID: String(noted.pid) } : {};
}

async function ask(home: ClusterHome, port: number): Promise<{ fsync: boolean } | undefined> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: superuser,
    password: passwordOf(home),
    database: 'postgres',
    connectionTimeoutMillis: 2000,
  });
  // A server that is shutting down may drop the connection between question and answer.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const sql = `select current_setting('data_directory') as data, current_setting('fsync') as fsync`;
    const row = (await client.query<{ data: string; fsync: string }>(sql)).rows[0];
    return row?.data === home.data ? { fsync: row.fsync === 'on' } : undefined;
  } catch (error) {
    if (isWrongPassword(error)) throw wrongPassword(home, error);
    return undefined;
  } finally {
    await client.end();
  }
}

function isWrongPassword(error: unknown): boolean {
  return (error as { code?: string }).code === '28P01';
}

function wrongPassword(home: ClusterHome, cause: unknown): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    `The embedded Postgres refuses the password in ${home.passwordFile}.`,
    'Put back the password file that belongs to the data folder, or set DATABASE_URL.',
    cause,
  );
}
