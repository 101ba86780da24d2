import { openPayload, sha256, fromHex, zeroHex, type Hex, type SignedAttestation } from '@odf/protocol';
import { randomBytes } from 'node:crypto';
import { Escrow } from './escrow.js';
import { EscrowVault } from './escrow-vault.js';

const ESCROW_KEY: Hex = `0x${'5e'.repeat(32)}`;
const id = (byte: string, length = 32): Hex => `0x${byte.repeat(length)}`;
const vault = new EscrowVault(ESCROW_KEY, randomBytes);

describe('EscrowVault', () => {
  const secret = new Uint8Array(randomBytes(48));

  it('opens what it sealed, also after a restart, and seals the same secret differently each time', () => {
    const sealed = vault.seal(secret, 'key:1');
    expect(new EscrowVault(ESCROW_KEY, randomBytes).open(sealed, 'key:1')).toEqual(secret);
    expect(vault.seal(secret, 'key:1')).not.toEqual(sealed);
    expect(Buffer.from(sealed).includes(Buffer.from(secret.subarray(0, 8)))).toBe(false);
  });

  it('opens nothing for another place, under another key, or that was changed or cut', () => {
    const sealed = vault.seal(secret, 'key:1');
    expect(() => vault.open(sealed, 'key:2')).toThrow();
    expect(() => new EscrowVault(id('5f'), randomBytes).open(sealed, 'key:1')).toThrow();
    for (const at of [0, 11, 12, 40, sealed.length - 1]) {
      expect(() => vault.open(sealed.with(at, sealed[at]! ^ 1), 'key:1')).toThrow();
    }
    for (const length of [0, 11, 27, sealed.length - 1]) {
      expect(() => vault.open(sealed.subarray(0, length), 'key:1')).toThrow();
    }
  });

  it('takes a key of 32 bytes only', () => {
    expect(() => new EscrowVault(id('5e', 31), randomBytes)).toThrow(RangeError);
  });
});

describe('Escrow', () => {
  const escrow = new Escrow(vault, randomBytes);
  const place = { taskId: id('01'), coprocessor: id('02', 48), attestationRoot: id('03') };
  const payload = { result: new Uint8Array(randomBytes(80)), witness: new Uint8Array(randomBytes(5_000)) };
  const attestation: SignedAttestation = {
    message: {
      line_id: id('04'),
      auction_id: id('05'),
      task_id: place.taskId,
      award_root: id('06'),
      input_root: id('07'),
      result_root: sha256(payload.result),
      witness_root: sha256(payload.witness),
      response_digest: id('d1'),
      salt: zeroHex(32),
      issued_at_ms: 1n,
      expires_at_ms: 2n,
      seq: 3n,
    },
    signature: id('0a', 96),
  };
  const deposited = escrow.deposit(place, attestation, payload);

  it('gives out what it took: the key that opens the public ciphertext, and the attestation', () => {
    const delivery = { ...place, ...deposited };
    const key = escrow.keyOf(delivery);
    expect(sha256(fromHex(key))).toBe(deposited.keyHash);
    expect(sha256(deposited.ciphertext)).toBe(deposited.ciphertextRoot);
    expect(openPayload(deposited.ciphertext, fromHex(key))).toEqual(payload);
    expect(escrow.payloadOf(delivery, deposited.ciphertext)).toEqual(payload);
    expect(escrow.attestationOf(delivery)).toEqual(attestation);
  });

  it('encrypts each deposit under a key of its own', () => {
    const again = escrow.deposit(place, attestation, payload);
    expect(again.keyHash).not.toBe(deposited.keyHash);
    expect(again.ciphertextRoot).not.toBe(deposited.ciphertextRoot);
  });

  it('keeps in the clear neither the key, nor the payload, nor the response digest', () => {
    const key = fromHex(escrow.keyOf({ ...place, ...deposited }));
    const stored = [deposited.ciphertext, deposited.sealedKey, deposited.sealedAttestation].map(Buffer.from);
    const secrets = [key, payload.result.subarray(0, 16), payload.witness.subarray(0, 16), fromHex(id('d1'))];
    for (const secret of secrets) {
      expect(stored.filter((bytes) => bytes.includes(Buffer.from(secret)))).toEqual([]);
    }
  });

  it("opens nothing of another delivery's place, nor a key as an attestation", () => {
    const swapped = { ...deposited, sealedKey: deposited.sealedAttestation, sealedAttestation: deposited.sealedKey };
    expect(() => escrow.keyOf({ ...place, ...swapped })).toThrow();
    expect(() => escrow.attestationOf({ ...place, ...swapped })).toThrow();
    for (const other of [{ taskId: id('aa') }, { coprocessor: id('aa', 48) }, { attestationRoot: id('aa') }]) {
      expect(() => escrow.keyOf({ ...place, ...deposited, ...other })).toThrow();
    }
  });
});
