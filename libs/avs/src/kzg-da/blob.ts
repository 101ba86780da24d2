import { fromHex, OdfError } from '@odf/protocol';
import { BLOB_BYTES, FIELD_ELEMENT_BYTES } from './layout.js';

/** Order of the BLS12-381 scalar field: every field element is below it. */
const MODULUS = fromHex('0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001');

function firstBadElement(blob: Uint8Array): number {
  for (let at = 0; at < blob.length; at += FIELD_ELEMENT_BYTES) {
    if (blob[at]! < MODULUS[0]!) continue;
    if (Buffer.compare(blob.subarray(at, at + FIELD_ELEMENT_BYTES), MODULUS) >= 0) return at / FIELD_ELEMENT_BYTES;
  }
  return -1;
}

/** Whether the bytes are 4,096 canonical field elements. */
export function isBlob(bytes: Uint8Array): boolean {
  return bytes.length === BLOB_BYTES && firstBadElement(bytes) === -1;
}

/**
 * Refuses what is no blob.
 *
 * @throws {OdfError} TASK_INPUT_INVALID.
 */
export function checkBlob(bytes: Uint8Array): void {
  if (bytes.length !== BLOB_BYTES) {
    throw new OdfError('TASK_INPUT_INVALID', `A blob has ${BLOB_BYTES} bytes, not ${bytes.length}.`);
  }
  const bad = firstBadElement(bytes);
  if (bad !== -1) throw new OdfError('TASK_INPUT_INVALID', `Field element ${bad} is not below the BLS12-381 modulus.`);
}
