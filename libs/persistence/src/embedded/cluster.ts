import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Binaries } from './binaries.js';
import { type ClusterHome, linkUnlessThere } from './cluster-home.js';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';

/** The superuser of every embedded server. */
export const superuser = 'odf';

/** The environment of the server's programs: nothing of ours, above all no secrets. */
export const serverEnvironment = { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' };

const majorVersion = '18';

const settings = {
  max_connections: '100',
  shared_buffers: '128MB',
  password_encryption: 'scram-sha-256',
  log_line_prefix: '%m [%p] ',
  // Rows hold sealed bids and payloads: neither statements nor values belong into a log.
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
};

/**
 * Makes the data folder unless it is there. It appears by one rename, so an initdb that was killed leaves nothing but
 * a draft, which the next start clears away.
 *
 * @throws {EmbeddedPostgresError} when initdb fails or the folder is of another major version.
 */
export async function ensureCluster(home: ClusterHome, binaries: Binaries, fsync: boolean): Promise<void> {
  await removeDrafts(home.folder);
  if (existsSync(join(home.data, 'PG_VERSION'))) return assertVersion(home.data);
  const draft = join(home.folder, `initdb-${randomBytes(8).toString('hex')}`);
  mkdirSync(draft, { mode: 0o700 });
  giveTo(home, draft);
  await runInitdb(home, binaries, draft, fsync);
  await rename(draft, home.data);
  if (fsync) await syncFolder(home.folder);
}

/** The superuser's password, made at the first call; only we can read its file. */
export function passwordOf(home: ClusterHome): string {
  if (!existsSync(home.passwordFile)) {
    const draft = `${home.passwordFile}.${randomBytes(8).toString('hex')}`;
    writeFileSync(draft, randomBytes(24).toString('hex'), { mode: 0o600 });
    linkUnlessThere(draft, home.passwordFile);
  }
  return readFileSync(home.passwordFile, 'utf8');
}

async function runInitdb(home: ClusterHome, binaries: Binaries, draft: string, fsync: boolean): Promise<void> {
  const passwordFile = `${draft}.password`;
  writeFileSync(passwordFile, passwordOf(home), { mode: 0o600 });
  giveTo(home, passwordFile);
  const options = ['-D', draft, '-U', superuser, '-A', 'scram-sha-256', '--pwfile', passwordFile];
  const locale = ['-E', 'UTF8', '--locale=C', '--no-instructions', ...(fsync ? [] : ['--no-sync'])];
  const configuration = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  try {
    await promisify(execFile)(binaries.initdb, [...options, ...locale, ...configuration], {
      ...home.runAs,
      cwd: '/',
      env: serverEnvironment,
    });
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    const output = (error as { stderr?: string }).stderr?.trim() || String(error);
    throw new EmbeddedPostgresError(`initdb failed: ${output}`, undefined, error);
  } finally {
    await rm(passwordFile, { force: true });
  }
}

/** The initdb of a killed starter may still be writing into its draft, so what cannot be removed now stays till later. */
async function removeDrafts(folder: string): Promise<void> {
  const drafts = (await readdir(folder)).filter((name) => name.startsWith('initdb-'));
  await Promise.allSettled(drafts.map((name) => rm(join(folder, name), { recursive: true, force: true })));
}

function assertVersion(data: string): void {
  const version = readFileSync(join(data, 'PG_VERSION'), 'utf8').trim();
  if (version === majorVersion) return;
  throw new EmbeddedPostgresError(
    `The database in ${data} was made by Postgres ${version}; this program brings ${majorVersion}.`,
    'Dump it with the version that made it and restore it, set ODF_DATA_DIR to another folder, or set DATABASE_URL.',
  );
}

function giveTo({ runAs }: ClusterHome, path: string): void {
  if (runAs) chownSync(path, runAs.uid, runAs.gid);
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
