/** Bit sets over class indices: 32 classes a word. */
export function bitset(size: number): Uint32Array {
  return new Uint32Array((size + 31) >>> 5);
}

/** Puts `index` into the set. */
export function addBit(set: Uint32Array, index: number): void {
  set[index >>> 5]! |= 1 << (index & 31);
}

/** Takes `index` out of the set. */
export function removeBit(set: Uint32Array, index: number): void {
  set[index >>> 5]! &= ~(1 << (index & 31));
}

/** Whether `index` is in the set. */
export function hasBit(set: Uint32Array, index: number): boolean {
  return ((set[index >>> 5]! >>> (index & 31)) & 1) === 1;
}

/** Whether the set is empty. */
export function isEmptySet(set: Uint32Array): boolean {
  return set.every((word) => word === 0);
}
