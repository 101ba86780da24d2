import { type Hex } from '@odf/protocol';

/** A block that was followed, to be recognised later. */
export interface BlockMark {
  number: bigint;
  hash: Hex;
}

/** How far a chain was followed; to be stored together with what its events changed. */
export interface ChainCursor {
  /** The next block to look at. */
  next: bigint;
  /** The time of the last block that was followed, Unix ms; 0 before the first. */
  followedMs: number;
  /** The last blocks that a poll ended with, oldest first; by their hashes reorganisations are found. */
  marks: readonly BlockMark[];
}

/** Marks kept: with one poll a block they reach back further than the chain's finality (64 blocks). */
const MOST_MARKS = 128;

/** A cursor that has seen nothing before `startBlock`. */
export function cursorAt(startBlock: bigint): ChainCursor {
  return { next: startBlock, followedMs: 0, marks: [] };
}

/** The cursor behind a block that was followed. */
export function advanced(cursor: ChainCursor, block: BlockMark & { atMs: number }): ChainCursor {
  const mark = { number: block.number, hash: block.hash };
  return { next: block.number + 1n, followedMs: block.atMs, marks: [...cursor.marks, mark].slice(-MOST_MARKS) };
}

/** The cursor with nothing behind the newest mark that the chain still has, or anew from `startBlock` where it has none. */
export function rolledBack(cursor: ChainCursor, kept: (BlockMark & { atMs: number }) | null, startBlock: bigint) {
  if (!kept) return cursorAt(startBlock);
  const marks = cursor.marks.filter(({ number }) => number <= kept.number);
  return { next: kept.number + 1n, followedMs: kept.atMs, marks };
}
