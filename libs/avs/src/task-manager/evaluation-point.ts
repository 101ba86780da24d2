import { type Hex } from '@odf/protocol';
import { FIELD_ELEMENTS } from '../kzg-da/layout.js';

const MODULUS = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n;
const PRIMITIVE_ROOT = 7n;
const BITS = Math.log2(FIELD_ELEMENTS);

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = base;
  for (let left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = (result * square) % MODULUS;
    square = (square * square) % MODULUS;
  }
  return result;
}

/** A primitive 8,192nd root of unity of the BLS12-381 scalar field. */
const ROOT_OF_UNITY = power(PRIMITIVE_ROOT, (MODULUS - 1n) / BigInt(FIELD_ELEMENTS));

function bitReversed(index: number): number {
  let reversed = 0;
  for (let bit = 0; bit < BITS; bit++) reversed |= ((index >> bit) & 1) << (BITS - 1 - bit);
  return reversed;
}

/**
 * Where the blob's polynomial takes the value of field element `index` of the extended blob (EIP-7594 orders them by reversed
 * bits): 32 bytes, big-endian.
 *
 * @throws {RangeError} when there is no such element.
 */
export function evaluationPoint(index: number): Hex {
  if (!Number.isInteger(index) || index < 0 || index >= FIELD_ELEMENTS) throw new RangeError(`no element ${index}`);
  return `0x${power(ROOT_OF_UNITY, BigInt(bitReversed(index)))
    .toString(16)
    .padStart(64, '0')}`;
}
