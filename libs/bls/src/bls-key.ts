import { inspect } from 'node:util';
import { bls } from '@chainsafe/bls/blst-native';
import { fromHex, toHex, type Hex } from '@odf/protocol';

/** Order of the BLS12-381 groups; secret keys are 1 … order − 1. */
const ORDER = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n;

type NativeSecret = ReturnType<typeof bls.SecretKey.fromBytes>;

/** A BLS12-381 min-pk signing key of the eth2 ciphersuite; its secret never shows in JSON, logs or `inspect`. */
export class BlsKey {
  /** The compressed public key, 48 bytes. */
  readonly pubkey: Hex;
  readonly #secret: NativeSecret;

  private constructor(secret: NativeSecret) {
    this.#secret = secret;
    this.pubkey = toHex(secret.toPublicKey().toBytes());
  }

  /**
   * Reads a 32-byte big-endian secret.
   *
   * @throws {RangeError} when it is not 32 bytes of hex, zero, or not below the group order; the message does not repeat it.
   */
  static fromHex(secret32: Hex): BlsKey {
    if (!/^0x[0-9a-fA-F]{64}$/.test(secret32)) throw new RangeError('a BLS secret key is 0x and 64 hex digits');
    if (!isScalar(BigInt(secret32))) throw new RangeError('a BLS secret key lies between 1 and the group order');
    return new BlsKey(bls.SecretKey.fromBytes(fromHex(secret32)));
  }

  /**
   * Draws a uniformly random key from `random`, which must be a cryptographic source such as `randomBytes`.
   *
   * @throws {RangeError} when `random` does not give the bytes asked for, or never a valid secret (it is broken).
   */
  static generate(random: (length: number) => Uint8Array): BlsKey {
    for (let attempt = 0; attempt < 256; attempt += 1) {
      const bytes = Uint8Array.from(random(32));
      if (bytes.length !== 32) throw new RangeError('the random source gave another number of bytes than asked for');
      // The order has 255 bits: without the top bit nine draws of ten are valid, and every valid one is equally likely.
      bytes[0]! &= 0x7f;
      const secret = toHex(bytes);
      if (isScalar(BigInt(secret))) return BlsKey.fromHex(secret);
    }
    throw new RangeError('the random source gives no valid BLS secret');
  }

  /** Signs a 32-byte signing root; the signature is a compressed G2 point of 96 bytes. */
  sign(signingRoot: Hex): Hex {
    if (!/^0x[0-9a-fA-F]{64}$/.test(signingRoot)) throw new RangeError('a signing root is 0x and 64 hex digits');
    return toHex(this.#secret.sign(fromHex(signingRoot)).toBytes());
  }

  /** The secret as 32 bytes of hex, for writing a key file that only its owner can read. */
  exportSecret(): Hex {
    return toHex(this.#secret.toBytes());
  }

  toJSON(): { pubkey: Hex; secret: string } {
    return { pubkey: this.pubkey, secret: '[redacted]' };
  }

  toString(): string {
    return `BlsKey(${this.pubkey})`;
  }

  [inspect.custom](): string {
    return this.toString();
  }
}

function isScalar(value: bigint): boolean {
  return value > 0n && value < ORDER;
}
