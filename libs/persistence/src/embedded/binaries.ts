import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { chmod, cp, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createRequire } from 'node:module';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import { isReachable, rootStore, type RunAs } from './reachable.js';

/** The programs of one Postgres release. */
export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * Finds the programs of `@embedded-postgres/<platform>-<arch>`, copied to where `user` can run them if need be.
 *
 * @throws {EmbeddedPostgresError} when there are none for this machine, or they are incomplete.
 */
export async function findBinaries(user: RunAs | undefined): Promise<Binaries> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const packageFolder = locatePackage(name);
  const native = join(packageFolder, 'native');
  assertLinksMade(name, packageFolder);
  const usable = user === undefined || (isReachable(join(native, 'bin'), user) && (await isWorldReadable(native)));
  const folder = usable ? native : await copyForEverybody(native, versionOf(packageFolder));
  return { initdb: join(folder, 'bin/initdb'), postgres: join(folder, 'bin/postgres') };
}

function locatePackage(name: string): string {
  try {
    return dirname(dirname(realpathSync(createRequire(import.meta.url).resolve(name))));
  } catch (error) {
    throw new EmbeddedPostgresError(
      `There is no embedded Postgres for this machine: the optional package ${name} is not installed.`,
      'Run npm ci with optional dependencies, or set DATABASE_URL to use a Postgres server of your own.',
      error,
    );
  }
}

/** The package makes its library links in a postinstall script, which `npm ci --ignore-scripts` leaves out. */
function assertLinksMade(name: string, packageFolder: string): void {
  const list = join(packageFolder, 'native/pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  if (links.every(({ target }) => existsSync(join(packageFolder, target)))) return;
  throw new EmbeddedPostgresError(
    `${name} is installed without its library links (npm ci --ignore-scripts?).`,
    `Run npm rebuild ${name}, or set DATABASE_URL to use a Postgres server of your own.`,
  );
}

function versionOf(packageFolder: string): string {
  return (JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')) as { version: string }).version;
}

async function isWorldReadable(native: string): Promise<boolean> {
  const [program, data] = await Promise.all([stat(join(native, 'bin/postgres')), stat(join(native, 'share'))]);
  return Boolean(program.mode & 0o001 && data.mode & 0o001);
}

/** Copies beside and renames, so that a copy is there whole or not at all, whoever else copies at the same time. */
async function copyForEverybody(native: string, version: string): Promise<string> {
  const copy = join(rootStore, `postgres-${version}-${process.platform}-${process.arch}`);
  if (existsSync(copy)) return copy;
  await mkdir(rootStore, { recursive: true, mode: 0o755 });
  await chmod(rootStore, 0o755);
  const draft = `${copy}.${randomBytes(8).toString('hex')}`;
  await cp(native, draft, { recursive: true, verbatimSymlinks: true });
  await openToAll(draft);
  try {
    await rename(draft, copy);
  } catch (error) {
    await rm(draft, { recursive: true });
    if (!existsSync(copy)) throw error;
  }
  return copy;
}

/** node_modules installed under a strict umask stays closed when copied. */
async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await openToAll(path);
    else if (entry.isFile()) await chmod(path, (await stat(path)).mode & 0o100 ? 0o755 : 0o644);
  }
}
