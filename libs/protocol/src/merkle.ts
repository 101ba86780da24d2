import { hashBlocks } from './hasher.js';
import { fromHex, toHex, type Hex } from './hex.js';

/** Depth of `List[…, 2**20]`: award leaves, bids, members. */
export const REGISTRY_DEPTH = 20;
/** Depth of `List[Receipt, 4096]`. */
export const RECEIPTS_DEPTH = 12;

/** A leaf's place under a list root. */
export interface Branch {
  index: number;
  /** Siblings bottom-up to the limit's depth, the length chunk last. */
  branch: Hex[];
}

const MAX_DEPTH = 32;
const zeroHashes: Uint8Array[] = [new Uint8Array(32)];
for (let depth = 1; depth <= MAX_DEPTH; depth++) {
  const output = new Uint8Array(32);
  hashBlocks(new Uint8Array([...zeroHashes[depth - 1]!, ...zeroHashes[depth - 1]!]), output);
  zeroHashes.push(output);
}

function lengthChunk(length: number): Uint8Array {
  const chunk = new Uint8Array(32);
  new DataView(chunk.buffer).setBigUint64(0, BigInt(length), true);
  return chunk;
}

function hashPair(left: Uint8Array, right: Uint8Array): Uint8Array {
  const input = new Uint8Array(64);
  input.set(left, 0);
  input.set(right, 32);
  const output = new Uint8Array(32);
  hashBlocks(input, output);
  return output;
}

/** The Merkle tree of an SSZ list of composite elements, kept whole so that every branch is cheap. */
export class ListTree {
  readonly #layers: Uint8Array[] = [];

  /**
   * Builds the tree over leaf roots, 32 bytes each, concatenated.
   *
   * @throws {RangeError} when there are more leaves than the limit 2^depth allows.
   */
  constructor(
    leafRoots: Uint8Array,
    readonly depth: number,
  ) {
    if (leafRoots.length % 32 !== 0 || leafRoots.length / 32 > 2 ** depth) {
      throw new RangeError(`a list of depth ${depth} takes at most ${2 ** depth} roots of 32 bytes`);
    }
    this.#layers.push(leafRoots);
    for (let level = 0; level < depth; level++) {
      const below = this.#layers[level]!;
      const pairs = Math.ceil(below.length / 64);
      const input = below.length === pairs * 64 ? below : new Uint8Array(pairs * 64);
      if (input !== below) {
        input.set(below);
        input.set(zeroHashes[level]!, below.length);
      }
      const layer = new Uint8Array(pairs * 32);
      if (pairs > 0) hashBlocks(input, layer);
      this.#layers.push(layer);
    }
  }

  /** Builds the tree over leaf roots given as hex. */
  static of(leafRoots: readonly Hex[], depth: number): ListTree {
    const bytes = new Uint8Array(leafRoots.length * 32);
    leafRoots.forEach((root, index) => bytes.set(fromHex(root), index * 32));
    return new ListTree(bytes, depth);
  }

  /** Number of leaves. */
  get length(): number {
    return this.#layers[0]!.length / 32;
  }

  /** The leaf roots that it was built over, concatenated. */
  get leafRoots(): Uint8Array {
    return this.#layers[0]!;
  }

  /** hash_tree_root of the list, its length mixed in. */
  get root(): Hex {
    const top = this.length === 0 ? zeroHashes[this.depth]! : this.#layers[this.depth]!;
    return toHex(hashPair(top, lengthChunk(this.length)));
  }

  /**
   * The proof of one leaf.
   *
   * @throws {RangeError} when there is no such leaf.
   */
  branch(index: number): Branch {
    if (!Number.isInteger(index) || index < 0 || index >= this.length) throw new RangeError(`no leaf ${index}`);
    const branch: Hex[] = [];
    for (let level = 0, at = index; level < this.depth; level++, at >>>= 1) {
      const layer = this.#layers[level]!;
      const sibling = (at ^ 1) * 32;
      branch.push(toHex(sibling < layer.length ? layer.subarray(sibling, sibling + 32) : zeroHashes[level]!));
    }
    branch.push(toHex(lengthChunk(this.length)));
    return { index, branch };
  }
}

/** Whether `leafRoot` stands at `index` of the list with this root; the number of siblings and the length are checked exactly. */
export function verifyBranch(proof: {
  root: Hex;
  leafRoot: Hex;
  index: number | bigint;
  branch: readonly Hex[];
  depth: number;
}): boolean {
  const { branch, depth } = proof;
  if (branch.length !== depth + 1 || [proof.leafRoot, ...branch].some((node) => node.length !== 66)) return false;
  const index = BigInt(proof.index);
  const length = Buffer.from(fromHex(branch[depth]!)).readBigUInt64LE(0);
  if (index < 0n || index >= length || length > 2n ** BigInt(depth)) return false;
  if (branch[depth] !== toHex(lengthChunk(Number(length)))) return false;
  let node = fromHex(proof.leafRoot);
  for (let level = 0; level < depth; level++) {
    const sibling = fromHex(branch[level]!);
    node = (index >> BigInt(level)) & 1n ? hashPair(sibling, node) : hashPair(node, sibling);
  }
  return toHex(hashPair(node, fromHex(branch[depth]))) === proof.root;
}
