import { setHasher } from '@chainsafe/persistent-merkle-tree';
import { hasher } from '@chainsafe/persistent-merkle-tree/hasher/hashtree';

// The native hasher makes a root five times cheaper than the library's default.
setHasher(hasher);

/** SHA-256 of each 64-byte block of `input`, written to `output` (half as long). */
export function hashBlocks(input: Uint8Array, output: Uint8Array): void {
  hasher.hashInto(input, output);
}
