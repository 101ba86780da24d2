import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { processIdentity } from '@odf/telemetry';
import { isReachable, rootStore } from '../reachable.js';

export const isRoot = process.getuid?.() === 0;

/** Runs a test only as root, and says so when it cannot. */
export function asRoot(name: string, test: () => Promise<void>): void {
  if (isRoot) return it(name, test);
  process.stderr.write(`SKIPPED, needs root: ${name}\n`);
  it.skip(name, test);
}

/** Runs a test only as root in a checkout that other users can read, because it runs the sources as one of them. */
export function asRootForOthers(name: string, test: () => Promise<void>): void {
  if (!isRoot || isReachable(import.meta.dirname, { uid: 1, gid: 1 })) return asRoot(name, test);
  process.stderr.write(`SKIPPED, other users cannot read this checkout: ${name}\n`);
  it.skip(name, test);
}

/** A fresh folder that `nobody` may pass through, unless told otherwise. */
export function makeFolder(mode = 0o711): string {
  const folder = mkdtempSync(join(tmpdir(), 'odf-embedded-'));
  chmodSync(folder, mode);
  return folder;
}

/** Kills the server of a folder, if any, and removes the folder and the home it was moved to. */
export async function removeFolder(folder: string, dataDir: string): Promise<void> {
  const home = homeOf(dataDir);
  const pid = existsSync(join(home, 'data/postmaster.pid')) ? postmasterPid(dataDir) : undefined;
  if (pid !== undefined) await killServer(pid);
  if (dirname(home) === rootStore) rmSync(home, { recursive: true });
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

export function homeOf(dataDir: string): string {
  const pointer = join(dataDir, 'location');
  return existsSync(pointer) ? readFileSync(pointer, 'utf8') : dataDir;
}

export function postmasterPid(dataDir: string): number {
  return Number(readFileSync(join(homeOf(dataDir), 'data/postmaster.pid'), 'utf8').split('\n')[0]);
}

/** `kill -9` of the postmaster, and waits until it is gone. */
export async function killServer(pid: number): Promise<void> {
  if (processIdentity(pid) !== undefined) process.kill(pid, 'SIGKILL');
  await until(() => processIdentity(pid) === undefined);
}

export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await delay(10);
}

/** Asks one question over a connection of its own. */
export async function ask<Row extends pg.QueryResultRow>(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** A process of its own that starts a server and can be killed. */
export interface Parent {
  readonly url: string;
  readonly adopted: boolean;
  kill(): Promise<void>;
}

/** Which script under `test/` the process runs, and as whom. */
export interface ParentOptions {
  readonly script?: string;
  readonly uid?: number;
}

export function spawnParent(folder: string, { script = 'server-parent.ts', uid }: ParentOptions = {}): ChildProcess {
  const runner = join(import.meta.dirname, '../../../../../test/jest/run-typescript.cjs');
  return spawn(process.execPath, [runner, join(import.meta.dirname, script), folder], {
    ...(uid === undefined ? {} : { uid, gid: uid }),
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Waits until the parent's server answers. */
export async function startParent(folder: string, options?: ParentOptions): Promise<Parent> {
  const child = spawnParent(folder, options);
  if (child.stdout === null || child.stderr === null) throw new Error('the parent has no output');
  let complaint = '';
  child.stderr.on('data', (text: Buffer) => (complaint += text.toString()));
  const ended = once(child, 'close');
  const [line] = (await Promise.race([once(createInterface(child.stdout), 'line'), ended])) as [unknown];
  if (typeof line !== 'string') throw new Error(`the parent ended without a server: ${complaint}`);
  const { url, adopted } = JSON.parse(line) as { url: string; adopted: boolean };
  return {
    url,
    adopted,
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
