import { concatBytes, fromHex, sha256, type Hex } from '@odf/protocol';

const ROUNDS = 4;

/** MurmurHash3's 32-bit finaliser. */
function fmix32(value: number): number {
  let mixed = value ^ (value >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** The four round keys of a class: `u32le(sha256(seed ‖ class_root ‖ round)[0:4])`. */
export function roundKeys(seed: Hex, classRoot: Hex): Uint32Array {
  const prefix = concatBytes(fromHex(seed), fromHex(classRoot));
  return Uint32Array.from({ length: ROUNDS }, (_, round) => {
    const digest = fromHex(sha256(concatBytes(prefix, Uint8Array.of(round))));
    return new DataView(digest.buffer).getUint32(0, true);
  });
}

/** One round function value before it is cut to half a block: `fmix32(half xor key)`. */
export function roundFunction(half: number, key: number): number {
  return fmix32((half ^ key) >>> 0);
}

/**
 * The seeded permutation π of a class's ordinals 0 … n − 1: a Feistel network with cycle walking (MARKET.md, "Implicit awards").
 *
 * @throws {RangeError} when n is not between 1 and 2^30.
 */
export function permutationIndex(seed: Hex, classRoot: Hex, n: number): (ordinal: number) => number {
  if (!Number.isInteger(n) || n < 1 || n > 2 ** 30) throw new RangeError(`a permutation of ${n} ordinals`);
  const [key0, key1, key2, key3] = roundKeys(seed, classRoot) as unknown as [number, number, number, number];
  let bits = 1;
  while (4 ** bits < n) bits++;
  const mask = 2 ** bits - 1;
  return (ordinal) => {
    if (!Number.isInteger(ordinal) || ordinal < 0 || ordinal >= n)
      throw new RangeError(`no ordinal ${ordinal} of ${n}`);
    let left = ordinal >>> bits;
    let right = ordinal & mask;
    let image: number;
    do {
      // Four rounds without swaps: the halves take turns.
      left ^= fmix32(right ^ key0) & mask;
      right ^= fmix32(left ^ key1) & mask;
      left ^= fmix32(right ^ key2) & mask;
      right ^= fmix32(left ^ key3) & mask;
      image = (left << bits) | right;
    } while (image >= n);
    return image;
  };
}
