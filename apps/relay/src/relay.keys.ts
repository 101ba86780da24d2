import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, unlinkSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ConfigError } from './relay.config.js';

/**
 * Reads a 32-byte key from the data folder, or makes one that only its owner can read.
 *
 * @throws {ConfigError} when the file holds no key.
 */
export function keyFromFile(dataDir: string, name: string, generate: () => string): `0x${string}` {
  const path = join(dataDir, name);
  const known = readIfThere(path) ?? create(path, generate);
  if (!/^0x[0-9a-fA-F]{64}$/.test(known))
    throw new ConfigError(`${path} holds no key of 32 bytes: restore it from a backup`);
  return known as `0x${string}`;
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new ConfigError(`${path} cannot be read: ${(error as Error).message}`);
  }
}

/** The file is made whole or not at all, and of several processes that make it at the same time one wins. */
function create(path: string, generate: () => string): string {
  const secret = generate();
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  writeDurably(draft, secret);
  try {
    // Unlike a rename, a link never replaces the key that another process has made and uses.
    linkSync(draft, path);
    return secret;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return readFileSync(path, 'utf8').trim();
    throw error;
  } finally {
    unlinkSync(draft);
    syncFolder(dirname(path));
  }
}

function writeDurably(path: string, secret: string): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    writeSync(file, `${secret}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** The name of a new file is durable only with its folder. */
function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
