import { inspect } from 'node:util';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Hex } from '@odf/protocol';
import { movedKey, movedSignature } from '../test/small-order.js';
import { BlsKey } from './bls-key.js';
import { assertNativeBls } from './native.js';
import { verifySignature } from './verify-signature.js';

interface KeyVectors {
  commitment_batch: { signing_root: Hex; items: { secret_key: Hex; pubkey: Hex; signature: Hex }[] };
  negative: { signatures: { name: string; pubkey: Hex; signing_root: Hex; signature: Hex; valid: boolean }[] };
}
const vectors = JSON.parse(
  readFileSync(new URL('../../../test/vectors/protocol.json', import.meta.url), 'utf8'),
) as KeyVectors;
const { signing_root: root, items } = vectors.commitment_batch;
const order = '0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001';

describe('BlsKey', () => {
  it('gives the public keys and signatures of the vectors', () => {
    for (const item of items) {
      const key = BlsKey.fromHex(item.secret_key);
      expect(key.pubkey).toBe(item.pubkey);
      expect(key.sign(root)).toBe(item.signature);
    }
  });

  it('never shows its secret', () => {
    const secret = items[0]!.secret_key;
    const key = BlsKey.fromHex(secret);
    const shown = [
      JSON.stringify({ key }),
      inspect(key, { showHidden: true, depth: 9 }),
      String(key),
      Object.keys(key),
    ].join();
    expect(shown).not.toContain(secret.slice(2));
    expect(shown).toContain('[redacted]');
    expect(key.exportSecret()).toBe(secret);
  });

  it.each(['0x00', `0x${'00'.repeat(32)}`, order, `0x${'ff'.repeat(32)}`, 'zz', items[0]!.secret_key.slice(2)])(
    'refuses the secret %s without repeating it',
    (secret) => {
      const read = () => BlsKey.fromHex(secret as Hex);
      expect(read).toThrow(RangeError);
      expect(read).toThrow(expect.objectContaining({ message: expect.not.stringContaining(secret) }));
    },
  );

  it('generates keys from the random source alone, drawing again when a draw is no scalar', () => {
    const draws = [new Uint8Array(32).fill(0x7f), new Uint8Array(32), new Uint8Array(32).fill(0x83)];
    const key = BlsKey.generate(() => draws.shift()!);
    expect(key.exportSecret()).toBe(`0x03${'83'.repeat(31)}`);
    expect(draws).toHaveLength(0);
    expect(BlsKey.generate(randomBytes).pubkey).not.toBe(BlsKey.generate(randomBytes).pubkey);
  });

  it('refuses a broken random source instead of looping', () => {
    expect(() => BlsKey.generate((length) => new Uint8Array(length))).toThrow('no valid BLS secret');
    expect(() => BlsKey.generate(() => new Uint8Array(31))).toThrow(RangeError);
  });

  it('signs 32-byte roots only', () => {
    expect(() => BlsKey.fromHex(items[0]!.secret_key).sign('0x00')).toThrow(RangeError);
  });
});

describe('verifySignature', () => {
  it('takes every signature of the commitment batch', () => {
    for (const { pubkey, signature } of items) expect(verifySignature(pubkey, root, signature)).toBe(true);
  });

  it('has all 28 negative vectors to refuse', () => expect(vectors.negative.signatures).toHaveLength(28));

  it.each(vectors.negative.signatures.map((row) => [row.name, row] as const))('refuses: %s', (_, row) => {
    expect(verifySignature(row.pubkey, row.signing_root, row.signature)).toBe(row.valid);
  });

  it('refuses points moved out of the subgroup, also keys that the pairing alone would take', () => {
    const { pubkey, signature } = items[0]!;
    expect(verifySignature(movedKey(pubkey), root, signature)).toBe(false);
    expect(verifySignature(pubkey, root, movedSignature(signature))).toBe(false);
  });

  it.each<[string, Hex, Hex, Hex]>([
    ['no hex', '0xzz', root, items[0]!.signature],
    ['a short key', items[0]!.pubkey.slice(0, -2) as Hex, root, items[0]!.signature],
    ['a short root', items[0]!.pubkey, root.slice(0, -2) as Hex, items[0]!.signature],
    ['an empty signature', items[0]!.pubkey, root, '0x'],
  ])('refuses %s', (_, pubkey, signingRoot, signature) => {
    expect(verifySignature(pubkey, signingRoot, signature)).toBe(false);
  });
});

it('runs on the native library', () => expect(assertNativeBls).not.toThrow());
