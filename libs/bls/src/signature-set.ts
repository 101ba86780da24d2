import type { Hex } from '@odf/protocol';

/** One claim to check: that `signature` is by `pubkey` over `signingRoot`. */
export interface SignatureSet {
  /** BLS12-381 G1 point, 48 bytes. */
  pubkey: Hex;
  /** 32 bytes. */
  signingRoot: Hex;
  /** BLS12-381 G2 point, 96 bytes. */
  signature: Hex;
}

export const PUBKEY_BYTES = 48;
export const ROOT_BYTES = 32;
export const SIGNATURE_BYTES = 96;

/** Bytes of one packed set: key, signing root, signature. */
export const SET_BYTES = PUBKEY_BYTES + ROOT_BYTES + SIGNATURE_BYTES;

const pubkeyHex = /^0x[0-9a-fA-F]{96}$/;
const rootHex = /^0x[0-9a-fA-F]{64}$/;
const signatureHex = /^0x[0-9a-fA-F]{192}$/;

/** Whether all three members are hex of the right length; what is not can hold no signature. */
export function isWellFormed(set: SignatureSet): boolean {
  return pubkeyHex.test(set.pubkey) && rootHex.test(set.signingRoot) && signatureHex.test(set.signature);
}

/** Writes well-formed sets behind each other into one buffer of their own, which can be transferred to a thread. */
export function packSets(sets: readonly SignatureSet[]): Uint8Array<ArrayBuffer> {
  const packed = new Uint8Array(sets.length * SET_BYTES);
  const writer = Buffer.from(packed.buffer);
  sets.forEach((set, index) => {
    const start = index * SET_BYTES;
    writer.write(set.pubkey.slice(2), start, 'hex');
    writer.write(set.signingRoot.slice(2), start + PUBKEY_BYTES, 'hex');
    writer.write(set.signature.slice(2), start + PUBKEY_BYTES + ROOT_BYTES, 'hex');
  });
  return packed;
}

/** A set as bytes; the members are views into the packed buffer. */
export interface PackedSet {
  pubkey: Uint8Array;
  signingRoot: Uint8Array;
  signature: Uint8Array;
}

/** Reads what {@link packSets} wrote. */
export function unpackSets(packed: Uint8Array): PackedSet[] {
  return Array.from({ length: packed.length / SET_BYTES }, (_, index) => {
    const start = index * SET_BYTES;
    const rootStart = start + PUBKEY_BYTES;
    const signatureStart = rootStart + ROOT_BYTES;
    return {
      pubkey: packed.subarray(start, rootStart),
      signingRoot: packed.subarray(rootStart, signatureStart),
      signature: packed.subarray(signatureStart, start + SET_BYTES),
    };
  });
}
