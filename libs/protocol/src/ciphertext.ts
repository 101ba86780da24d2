import { createCipheriv, createDecipheriv } from 'node:crypto';
import { Payload } from './containers.js';
import { concatBytes } from './hex.js';

const BLOCK = 4096;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Frames a payload: `uint32_le(n) ‖ SSZ ‖ zeros` up to the least multiple of 4,096 bytes, so that its size says little. */
export function framePayload(payload: Payload): Uint8Array {
  const ssz = Payload.serialize(payload);
  const framed = new Uint8Array(Math.ceil((4 + ssz.length) / BLOCK) * BLOCK);
  new DataView(framed.buffer).setUint32(0, ssz.length, true);
  framed.set(ssz, 4);
  return framed;
}

/**
 * Reads a framed payload.
 *
 * @throws {RangeError} when the length, the padding or the SSZ is not exactly what {@link framePayload} writes.
 */
export function unframePayload(framed: Uint8Array): Payload {
  if (framed.length === 0 || framed.length % BLOCK !== 0) throw new RangeError('framed payload has a wrong size');
  const size = new DataView(framed.buffer, framed.byteOffset).getUint32(0, true);
  if (framed.length !== Math.ceil((4 + size) / BLOCK) * BLOCK)
    throw new RangeError('framed payload has a wrong length');
  if (framed.subarray(4 + size).some((byte) => byte !== 0)) throw new RangeError('framed payload has non-zero padding');
  return Payload.deserialize(framed.subarray(4, 4 + size));
}

/**
 * Encrypts a payload by AES-256-GCM without associated data: `nonce ‖ body ‖ tag`.
 *
 * @param key 32 fresh random bytes, used for this payload only.
 * @param nonce 12 fresh random bytes.
 */
export function sealPayload(payload: Payload, key: Uint8Array, nonce: Uint8Array): Uint8Array {
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  const body = cipher.update(framePayload(payload));
  return concatBytes(nonce, body, cipher.final(), cipher.getAuthTag());
}

/**
 * Opens a ciphertext with its bought key.
 *
 * @throws {RangeError} when the ciphertext is too short, was changed, or the key is another one.
 */
export function openPayload(ciphertext: Uint8Array, key: Uint8Array): Payload {
  if (ciphertext.length < NONCE_BYTES + BLOCK + TAG_BYTES) throw new RangeError('ciphertext is too short');
  const decipher = createDecipheriv('aes-256-gcm', key, ciphertext.subarray(0, NONCE_BYTES));
  decipher.setAuthTag(ciphertext.subarray(ciphertext.length - TAG_BYTES));
  try {
    const body = decipher.update(ciphertext.subarray(NONCE_BYTES, ciphertext.length - TAG_BYTES));
    return unframePayload(concatBytes(body, decipher.final()));
  } catch (cause) {
    throw new RangeError('ciphertext does not open with this key', { cause });
  }
}
