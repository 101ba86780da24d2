import { hasher } from '@chainsafe/persistent-merkle-tree/hasher/hashtree';
import {
  ListTree,
  Receipt as ReceiptContainer,
  REGISTRY_DEPTH,
  type AwardLeaf,
  type Hex,
  type Member,
  type Receipt,
} from '@odf/protocol';

const CHUNK = 32;
/** Both containers have four chunks, an empty one included. */
const RECORD = 4 * CHUNK;
/** Records hashed at once: large enough for the native hasher, small enough for the cache. */
const BATCH = 4096;

/** The tree behind `bids_root`: receipts in the order of their seq. */
export function bidsTree(receipts: readonly Receipt[]): ListTree {
  return ListTree.of(
    receipts.map((receipt) => ReceiptContainer.root(receipt)),
    REGISTRY_DEPTH,
  );
}

/** `bids_root` of BidsFrozen over receipts in the order of their seq. */
export function bidsRoot(receipts: readonly Receipt[]): Hex {
  return bidsTree(receipts).root;
}

/** The tree behind `members_root`: members rising by (class_index, validator_root). */
export function membersTree(members: readonly Member[]): ListTree {
  const roots = recordRoots(members.length, (chunks, offset, index) => {
    const { class_index, validator_root, operator } = members[index]!;
    chunks.writeUInt32LE(class_index, offset);
    writeHex(chunks, validator_root, offset + CHUNK);
    writeHex(chunks, operator, offset + 2 * CHUNK);
  });
  return new ListTree(roots, REGISTRY_DEPTH);
}

/** `members_root` of TranscriptRoot over members rising by (class_index, validator_root). */
export function membersRoot(members: readonly Member[]): Hex {
  return membersTree(members).root;
}

/** The tree behind `award_root`: leaves rising by validator_root. */
export function awardTree(leaves: readonly AwardLeaf[]): ListTree {
  const chunkOf = uint256Chunks();
  const roots = recordRoots(leaves.length, (chunks, offset, index) => {
    const { validator_root, operator, max_liability, fee_wei } = leaves[index]!;
    writeHex(chunks, validator_root, offset);
    writeHex(chunks, operator, offset + CHUNK);
    chunks.set(chunkOf(max_liability), offset + 2 * CHUNK);
    chunks.set(chunkOf(fee_wei), offset + 3 * CHUNK);
  });
  return new ListTree(roots, REGISTRY_DEPTH);
}

/** hash_tree_roots of containers of three or four chunks, many times faster than one by one. */
function recordRoots(count: number, write: (chunks: Buffer, offset: number, index: number) => void): Uint8Array {
  const roots = new Uint8Array(count * CHUNK);
  const chunks = Buffer.alloc(Math.min(count, BATCH) * RECORD);
  const pairs = new Uint8Array(chunks.length / 2);
  for (let start = 0; start < count; start += BATCH) {
    const size = Math.min(BATCH, count - start);
    for (let at = 0; at < size; at++) write(chunks, at * RECORD, start + at);
    const halves = pairs.subarray(0, (size * RECORD) / 2);
    hasher.hashInto(chunks.subarray(0, size * RECORD), halves);
    hasher.hashInto(halves, roots.subarray(start * CHUNK, (start + size) * CHUNK));
  }
  return roots;
}

/** Every write of a field covers the same bytes, so that what lies between them stays zero. */
function writeHex(chunks: Buffer, hex: Hex, offset: number): void {
  chunks.write(hex.slice(2), offset, 'hex');
}

/** Little-endian chunks of uint256 values; leaves of one award share few values, so each is written once. */
function uint256Chunks(): (value: bigint) => Uint8Array {
  const known = new Map<bigint, Uint8Array>();
  return (value) => {
    let chunk = known.get(value);
    if (!chunk) {
      chunk = Buffer.from(value.toString(16).padStart(2 * CHUNK, '0'), 'hex').reverse();
      known.set(value, chunk);
    }
    return chunk;
  };
}
