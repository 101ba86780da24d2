import { Inject, Injectable } from '@nestjs/common';
import { fromHex, type Hex } from '@odf/protocol';
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { RANDOM_BYTES, type RandomBytes } from '../relay.tokens.js';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Seals at rest what must not leave before a commitment: payload keys, and attestations with their digests.
 *
 * AES-256-GCM under the escrow key; the associated data binds each secret to its place, so that one cannot be swapped for another.
 */
@Injectable()
export class EscrowVault {
  readonly #key: Uint8Array;

  constructor(
    escrowKey: Hex,
    @Inject(RANDOM_BYTES) private readonly random: RandomBytes,
  ) {
    this.#key = fromHex(escrowKey);
    if (this.#key.length !== 32) throw new RangeError('the escrow key has 32 bytes');
  }

  /** Seals a secret for one place, such as `key:<task>:<coprocessor>`. */
  seal(secret: Uint8Array, place: string): Uint8Array {
    const nonce = this.random(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce);
    cipher.setAAD(Buffer.from(place));
    return new Uint8Array(Buffer.concat([nonce, cipher.update(secret), cipher.final(), cipher.getAuthTag()]));
  }

  /**
   * Opens what was sealed for this place.
   *
   * @throws {Error} when it was sealed under another escrow key or for another place.
   */
  open(sealed: Uint8Array, place: string): Uint8Array {
    const decipher = createDecipheriv('aes-256-gcm', this.#key, sealed.subarray(0, NONCE_BYTES));
    decipher.setAAD(Buffer.from(place));
    decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
    const body = decipher.update(sealed.subarray(NONCE_BYTES, sealed.length - TAG_BYTES));
    return new Uint8Array(Buffer.concat([body, decipher.final()]));
  }
}
