import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { type EmbeddedPostgres, processIdentity, startEmbeddedPostgres, withStartLock } from '@odf/persistence';

const repository = resolve(import.meta.dirname, '../../..');

/** Where the test server of this user and this checkout lives: its data, and the processes that use it. */
export interface TestServerFolder {
  readonly dataDir: string;
  readonly users: string;
  readonly lockFile: string;
}

/** The folder of the test server in the system's folder of temporary files. */
export function testServerFolder(): TestServerFolder {
  const key = createHash('sha256').update(repository).digest('hex').slice(0, 12);
  const folder = join(tmpdir(), `odf-test-${userInfo().uid}-${key}`);
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  return { dataDir: join(folder, 'postgres'), users: join(folder, 'users'), lockFile: join(folder, 'lock') };
}

/**
 * The one server (without fsync) that all test processes of this checkout share; it ends by itself some seconds after
 * the last of them, however that one ended, and takes its data with it.
 */
export function useTestServer(folder = testServerFolder()): Promise<EmbeddedPostgres> {
  return withStartLock(folder.lockFile, async () => {
    mkdirSync(folder.users, { recursive: true });
    register(folder, String(process.pid), process.pid);
    const server = await startEmbeddedPostgres({ dataDir: folder.dataDir, fsync: false });
    if (!isRegistered(folder, reaperName)) startReaper(folder);
    return server;
  });
}

/** Stops and removes the server if no test process is left; answers whether it did. */
export function reapTestServer(folder = testServerFolder()): Promise<boolean> {
  return withStartLock(folder.lockFile, async () => {
    if (listUsers(folder).length > 0) return false;
    const server = await startEmbeddedPostgres({ dataDir: folder.dataDir, fsync: false });
    await server.stop();
    rmSync(folder.dataDir, { recursive: true });
    rmSync(folder.users, { recursive: true });
    return true;
  });
}

/** The pids of the test processes that use the server and still run. */
export function listUsers(folder = testServerFolder()): string[] {
  return readdirSync(folder.users).filter((name) => name !== reaperName && isRegistered(folder, name));
}

const reaperName = 'reaper';

function register({ users }: TestServerFolder, name: string, pid: number): void {
  writeFileSync(join(users, name), `${pid} ${processIdentity(pid)}`);
}

function isRegistered({ users }: TestServerFolder, name: string): boolean {
  if (!existsSync(join(users, name))) return false;
  const [pid, identity] = readFileSync(join(users, name), 'utf8').split(' ');
  return processIdentity(Number(pid)) === identity;
}

/** A process of its own, since Jest ends its workers without asking them and a killed run has no teardown. */
function startReaper(folder: TestServerFolder): void {
  const runner = join(repository, 'test/jest/run-typescript.cjs');
  const script = join(import.meta.dirname, 'test-server-reaper.ts');
  const child = spawn(process.execPath, [runner, script], { cwd: '/', detached: true, stdio: 'ignore' });
  child.unref();
  if (child.pid === undefined) throw new Error(`${script} does not start`);
  register(folder, reaperName, child.pid);
}
