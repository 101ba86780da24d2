import { fromHex, toHex, type Hex } from '@odf/protocol';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { FIELD_ELEMENT_BYTES, FIELD_ELEMENTS, kzgFieldElements } from './layout.js';

const DEPTH = 13;

/** One field element under a result's root, as a contract checks it: 13 hashes. */
export interface FieldElementProof {
  /** 0 to 8191. */
  index: number;
  /** The field element itself; leaves are not hashed, the depth is fixed. */
  leaf: Hex;
  /** Siblings, bottom-up. */
  branch: Hex[];
}

function hashPairs(layer: Uint8Array): Uint8Array {
  const parents = new Uint8Array(layer.length / 2);
  for (let at = 0; at < layer.length; at += 64) parents.set(keccak_256(layer.subarray(at, at + 64)), at / 2);
  return parents;
}

/** The layers from the leaves to the root: 8,191 Keccak hashes, about a tenth of a second. */
function layersOf(elements: Uint8Array): Uint8Array[] {
  if (elements.length !== FIELD_ELEMENTS * FIELD_ELEMENT_BYTES) {
    throw new RangeError(`expected ${FIELD_ELEMENTS} field elements of ${FIELD_ELEMENT_BYTES} bytes`);
  }
  const layers = [elements];
  for (let depth = 0; depth < DEPTH; depth++) layers.push(hashPairs(layers[depth]!));
  return layers;
}

/**
 * The binary Keccak Merkle root of the 8,192 field elements; a node is `keccak256(left ‖ right)`.
 *
 * @throws {RangeError} when there are more or fewer.
 */
export function fieldElementsRoot(elements: Uint8Array): Uint8Array {
  return layersOf(elements)[DEPTH]!;
}

/**
 * Opens field element `index` of a `kzg-da` witness, for the fraud proof against the point-evaluation precompile.
 *
 * @throws {RangeError} when the witness has another length or there is no such element.
 */
export function merkleBranch(witness: Uint8Array, index: number): FieldElementProof {
  if (!Number.isInteger(index) || index < 0 || index >= FIELD_ELEMENTS) throw new RangeError(`no element ${index}`);
  const layers = layersOf(kzgFieldElements(witness));
  const nodeAt = (depth: number, at: number): Hex => toHex(layers[depth]!.subarray(at * 32, (at + 1) * 32));
  return {
    index,
    leaf: nodeAt(0, index),
    branch: Array.from({ length: DEPTH }, (_, depth) => nodeAt(depth, (index >> depth) ^ 1)),
  };
}

/** Whether the element stands under the 32-byte root, computed as the contract does. */
export function isUnderRoot({ index, leaf, branch }: FieldElementProof, root: Hex): boolean {
  if (branch.length !== DEPTH || index < 0 || index >= FIELD_ELEMENTS) return false;
  const top = branch.reduce(
    (node, sibling, depth) =>
      keccak_256(Buffer.concat((index >> depth) & 1 ? [fromHex(sibling), node] : [node, fromHex(sibling)])),
    fromHex(leaf),
  );
  return toHex(top) === root;
}
