import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { BlsKey } from '@odf/bls';
import type { Hex } from '@odf/protocol';

/**
 * Reads a BLS secret from a file of hex, or writes a new one, readable by its owner only.
 *
 * @throws {Error} when the file holds no secret key, or cannot be read or written; the message never shows what is in it.
 */
export function openKeyFile(path: string, random: (length: number) => Uint8Array): BlsKey {
  if (!existsSync(path)) {
    const key = BlsKey.generate(random);
    writeFileSync(path, `${key.exportSecret()}\n`, { mode: 0o600, flag: 'wx', flush: true });
    return key;
  }
  chmodSync(path, 0o600);
  try {
    return BlsKey.fromHex(readFileSync(path, 'utf8').trim() as Hex);
  } catch (cause) {
    throw new Error(`${path} holds no BLS secret key: expected 0x and 64 hex digits`, { cause });
  }
}
