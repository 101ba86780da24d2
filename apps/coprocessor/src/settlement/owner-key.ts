import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { privateKeyToAccount, type PrivateKeyAccount } from 'viem/accounts';
import { toHex, type Hex } from '@odf/protocol';

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/**
 * Reads the owner account's secp256k1 secret from a file of hex, or writes a new one, readable by its owner only.
 *
 * @throws {Error} when the file holds no secret key, or cannot be read or written; the message never shows what is in it.
 */
export function openOwnerKey(path: string, random: (length: number) => Uint8Array): PrivateKeyAccount {
  if (!existsSync(path)) {
    const secret = draw(random);
    writeFileSync(path, `${secret}\n`, { mode: 0o600, flag: 'wx', flush: true });
    return privateKeyToAccount(secret);
  }
  chmodSync(path, 0o600);
  const text = readFileSync(path, 'utf8').trim();
  if (!/^0x[0-9a-fA-F]{64}$/.test(text) || !isSecret(text as Hex)) {
    throw new Error(`${path} holds no secret key of an account: expected 0x and 64 hex digits`);
  }
  return privateKeyToAccount(text as Hex);
}

function draw(random: (length: number) => Uint8Array): Hex {
  for (;;) {
    const secret = toHex(random(32));
    if (isSecret(secret)) return secret;
  }
}

function isSecret(secret: Hex): boolean {
  const scalar = BigInt(secret);
  return scalar > 0n && scalar < ORDER;
}
