import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.js';
import { processIdentity, withStartLock } from '@odf/telemetry';

/** How {@link shareEmbeddedPostgres} shares. */
export interface SharedPostgresOptions {
  /** Seconds without a user after which the server goes; 10 unless told, so that the next run finds it warm. */
  readonly idleSeconds?: number;
}

/**
 * One server, without fsync and so for tests only, that all processes with this folder share. It ends by itself after
 * the last of them has, however that one ended, and takes its data with it.
 *
 * @throws {EmbeddedPostgresError} as `startEmbeddedPostgres` does.
 */
export function shareEmbeddedPostgres(folder: string, options: SharedPostgresOptions = {}): Promise<EmbeddedPostgres> {
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  return withStartLock(lockIn(folder), async () => {
    mkdirSync(usersIn(folder), { recursive: true });
    register(folder, String(process.pid), process.pid);
    const server = await startEmbeddedPostgres({ dataDir: dataIn(folder), fsync: false });
    if (!isRegistered(folder, reaperName)) startReaper(folder, options.idleSeconds ?? 10);
    return server;
  });
}

/** Stops and removes the server if no user is left; answers whether it did. */
export function reapSharedPostgres(folder: string): Promise<boolean> {
  return withStartLock(lockIn(folder), async () => {
    if (isShared(folder)) return false;
    const server = await startEmbeddedPostgres({ dataDir: dataIn(folder), fsync: false });
    await server.stop();
    rmSync(dataIn(folder), { recursive: true });
    rmSync(usersIn(folder), { recursive: true });
    return true;
  });
}

/** Whether any process that shares the server still runs. */
export function isShared(folder: string): boolean {
  return readdirSync(usersIn(folder)).some((name) => name !== reaperName && isRegistered(folder, name));
}

const reaperName = 'reaper';
const dataIn = (folder: string): string => join(folder, 'postgres');
const usersIn = (folder: string): string => join(folder, 'users');
const lockIn = (folder: string): string => join(folder, 'lock');

function register(folder: string, name: string, pid: number): void {
  writeFileSync(join(usersIn(folder), name), `${pid} ${processIdentity(pid)}`);
}

function isRegistered(folder: string, name: string): boolean {
  const file = join(usersIn(folder), name);
  if (!existsSync(file)) return false;
  const [pid, identity] = readFileSync(file, 'utf8').split(' ');
  return processIdentity(Number(pid)) === identity;
}

/** A process of its own, since Jest ends its workers without asking them and a killed run has no teardown. */
function startReaper(folder: string, idleSeconds: number): void {
  const log = openSync(join(folder, 'reaper.log'), 'w');
  const stdio = ['ignore', log, log] as const;
  const child = spawn(process.execPath, [...reaperScript(), folder, String(idleSeconds)], {
    detached: true,
    stdio: [...stdio],
  });
  closeSync(log);
  child.unref();
  if (child.pid === undefined) throw new Error(`the reaper of ${folder} does not start`);
  register(folder, reaperName, child.pid);
}

/** Under Jest there is no build, so a small runner transpiles; that is why the reaper imports so little. */
function reaperScript(): string[] {
  const folder = import.meta.dirname;
  if (import.meta.filename.endsWith('.js')) return [join(folder, 'shared-postgres-reaper.js')];
  return [resolve(folder, '../../../../test/jest/run-typescript.cjs'), join(folder, 'shared-postgres-reaper.ts')];
}
