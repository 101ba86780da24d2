import type { Hex } from '@odf/protocol';

const INDEX_SPACE = 2 ** 20;

/**
 * Indices of 32-byte roots in rising order.
 *
 * A root's first 32 bits and its index fit one double, and typed arrays sort a million of those in a tenth of a second.
 *
 * @throws {RangeError} beyond 2^20 roots, the limit of every list of the protocol.
 */
export function risingOrder(count: number, rootAt: (index: number) => Hex): Uint32Array {
  if (count > INDEX_SPACE) throw new RangeError(`${count} roots: lists take at most ${INDEX_SPACE}`);
  const keys = new Float64Array(count);
  for (let index = 0; index < count; index++) {
    keys[index] = parseInt(rootAt(index).slice(2, 10), 16) * INDEX_SPACE + index;
  }
  keys.sort();
  const order = Uint32Array.from(keys, (key) => key % INDEX_SPACE);
  settleEqualPrefixes(order, rootAt);
  return order;
}

/** Insertion sort: prefixes collide about once in a hundred at a million roots. */
function settleEqualPrefixes(order: Uint32Array, rootAt: (index: number) => Hex): void {
  for (let at = 1; at < order.length; at++) {
    const moved = order[at]!;
    let hole = at;
    while (hole > 0 && rootAt(order[hole - 1]!) > rootAt(moved)) {
      order[hole] = order[hole - 1]!;
      hole--;
    }
    order[hole] = moved;
  }
}
