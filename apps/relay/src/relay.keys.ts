import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
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

/** The file is made whole or not at all, and another process that makes it at the same time wins or loses as a whole. */
function create(path: string, generate: () => string): string {
  const secret = generate();
  let file: number;
  try {
    file = openSync(path, 'wx', 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return readFileSync(path, 'utf8').trim();
    throw error;
  }
  writeSync(file, `${secret}\n`);
  fsyncSync(file);
  closeSync(file);
  return secret;
}
