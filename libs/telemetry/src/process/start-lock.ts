import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { processIdentity } from './process-identity.js';

/**
 * Runs `work` while no other process does so under the same lock file; a lock whose owner died is taken over.
 *
 * The lock spares double work. What keeps the data whole even without it is that a new cluster appears by one rename
 * and that Postgres itself refuses a second server on one data folder.
 */
export async function withStartLock<T>(lockFile: string, work: () => Promise<T>): Promise<T> {
  const owner = `${process.pid} ${processIdentity(process.pid)} ${randomBytes(8).toString('hex')}`;
  while (!tryLock(lockFile, owner)) {
    const holder = readIfThere(lockFile);
    if (holder !== undefined && !isRunning(holder)) breakLock(lockFile, holder);
    else await delay(25);
  }
  try {
    return await work();
  } finally {
    if (readIfThere(lockFile) === owner) rmSync(lockFile);
  }
}

/** A link appears at once with its whole content; a file written in place could be read half-written. */
function tryLock(lockFile: string, owner: string): boolean {
  const draft = uniqueName(lockFile);
  writeFileSync(draft, owner, { mode: 0o600 });
  try {
    linkSync(draft, lockFile);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  } finally {
    rmSync(draft);
  }
}

/** Moves the dead owner's lock away, and puts back what it moved if somebody else was quicker. */
function breakLock(lockFile: string, deadOwner: string): void {
  const moved = uniqueName(lockFile);
  try {
    renameSync(lockFile, moved);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const owner = readFileSync(moved, 'utf8');
  if (owner !== deadOwner) tryLock(lockFile, owner);
  rmSync(moved);
}

function isRunning(owner: string): boolean {
  const [pid = '', identity] = owner.split(' ');
  return processIdentity(Number(pid)) === identity;
}

/** The text of a file that another process may remove at any moment; undefined when it is gone. */
export function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function uniqueName(file: string): string {
  return `${file}.${process.pid}.${randomBytes(8).toString('hex')}`;
}
