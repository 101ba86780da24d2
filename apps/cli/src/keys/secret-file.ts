import { readFileSync, writeFileSync } from 'node:fs';
import { privateKeyToAccount } from 'viem/accounts';
import { BlsKey } from '@odf/bls';
import { keyRoot, toHex, type Hex } from '@odf/protocol';

/** What a 32-byte secret is used for. */
export type KeyKind = 'bls' | 'operator';

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** Draws a secret from a cryptographic source such as `randomBytes`. */
export function newSecret(kind: KeyKind, random: (length: number) => Uint8Array): Hex {
  if (kind === 'bls') return BlsKey.generate(random).exportSecret();
  for (;;) {
    const secret = toHex(random(32));
    const scalar = BigInt(secret);
    if (scalar > 0n && scalar < ORDER) return secret;
  }
}

/** The public side of a secret. */
export function describeSecret(kind: KeyKind, secret: Hex): Record<string, string> {
  if (kind === 'operator') return { kind, address: privateKeyToAccount(secret).address.toLowerCase() };
  const { pubkey } = BlsKey.fromHex(secret);
  return { kind, pubkey, key_root: keyRoot(pubkey) };
}

/**
 * Writes a secret to a new file that only its owner can read.
 *
 * @throws {Error} EEXIST when there is such a file: keys are never overwritten.
 */
export function writeSecret(path: string, secret: Hex): void {
  writeFileSync(path, `${secret}\n`, { mode: 0o600, flag: 'wx', flush: true });
}

/**
 * Reads a secret.
 *
 * @throws {Error} when the file is no secret; the message never shows what is in it.
 */
export function readSecret(path: string): Hex {
  const text = readFileSync(path, 'utf8').trim();
  if (!/^0x[0-9a-fA-F]{64}$/.test(text)) throw new Error(`${path} holds no secret key: expected 0x and 64 hex digits`);
  return text.toLowerCase() as Hex;
}
