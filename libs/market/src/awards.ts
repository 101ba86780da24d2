import {
  AwardLeaf,
  ListTree,
  REGISTRY_DEPTH,
  verifyBranch,
  type Award,
  type Branch,
  type Hex,
  type Member,
} from '@odf/protocol';
import { permutationIndex } from './permutation.js';
import { awardTree } from './roots.js';
import { risingOrder } from './sorting.js';
import type { AllocationRange, AuctionInputs, BidEntry, DecidedAward, PolicyClass, Role } from './types.js';

/** A leaf with its proof under an award_root. */
export interface LeafProof extends Branch {
  leaf: AwardLeaf;
}

/** The proof that a validator is part of an award; undefined when it is not. */
export function awardBranch(award: DecidedAward, validatorRoot: Hex): LeafProof | undefined {
  const index = indexOf(award.leaves, validatorRoot);
  const leaf = award.leaves[index];
  return leaf && { leaf, ...award.tree.branch(index) };
}

/** Whether a leaf belongs to an award: its branch leads to `award_root`, whose length is `units`. Signatures are checked elsewhere. */
export function provesLeaf(award: Award, proof: LeafProof): boolean {
  const { leaf, index, branch } = proof;
  const length = branch.at(-1);
  if (length === undefined || length !== lengthChunk(award.units)) return false;
  return verifyBranch({ root: award.award_root, leafRoot: AwardLeaf.root(leaf), index, branch, depth: REGISTRY_DEPTH });
}

function lengthChunk(length: number): Hex {
  const chunk = Buffer.alloc(32);
  chunk.writeUInt32LE(length, 0);
  return `0x${chunk.toString('hex')}`;
}

/** Finds the range that holds a permuted ordinal of one class; undefined when nobody serves it. */
export function rangeAt(ranges: readonly AllocationRange[], ordinal: number): AllocationRange | undefined {
  let low = 0;
  let high = ranges.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const range = ranges[middle]!;
    if (ordinal < range.from) high = middle - 1;
    else if (ordinal >= range.from + range.units) low = middle + 1;
    else return range;
  }
  return undefined;
}

/** Where each class's members start in the member list; one entry more than there are classes. */
export function classOffsets(classes: readonly PolicyClass[]): number[] {
  const offsets = [0];
  for (const { count } of classes) offsets.push(offsets.at(-1)! + count);
  return offsets;
}

/** What a look-up of served units needs of an auction. */
export interface Allocated {
  inputs: Pick<AuctionInputs, 'classes' | 'seed'>;
  ranges: readonly AllocationRange[];
}

/**
 * Looks up which range serves a member, by its class and its rank there; undefined when none does.
 *
 * A million look-ups take under half a second, so awards need no rows.
 */
export function rangeLookup(
  { inputs: { classes, seed }, ranges }: Allocated,
  role: Role,
): (classIndex: number, rank: number) => AllocationRange | undefined {
  const byClass = classes.map((): AllocationRange[] => []);
  for (const range of ranges) if (range.role === role) byClass[range.class_index]!.push(range);
  const permutations = classes.map((): ((ordinal: number) => number) | undefined => undefined);
  return (classIndex, rank) => {
    const { root, count } = classes[classIndex]!;
    const permute = (permutations[classIndex] ??= permutationIndex(seed, root, count));
    return rangeAt(byClass[classIndex]!, permute(rank));
  };
}

/** One award per winning bid of a role; who is in it is worked out when first asked for, for all awards at once. */
export function awardsOf(inputs: AuctionInputs, ranges: readonly AllocationRange[], role: Role): DecidedAward[] {
  const own = ranges.filter((range) => range.role === role);
  let leaves: Map<bigint, AwardLeaf[]> | undefined;
  const leavesOf = (seq: bigint): AwardLeaf[] => (leaves ??= expand(inputs, own, role)).get(seq)!;
  const seqs = [...new Set(own.map(({ seq }) => seq))].sort((a, b) => (a < b ? -1 : 1));
  return seqs.map((seq) => {
    const entry = inputs.bids.find(({ receipt }) => receipt.seq === seq)!;
    const rows = own.filter((range) => range.seq === seq);
    return new LazyAward(role, entry, rows, () => leavesOf(seq));
  });
}

/** The leaves of every award, by seq. Walking all members in the order of their roots leaves every award sorted. */
function expand(inputs: AuctionInputs, ranges: readonly AllocationRange[], role: Role): Map<bigint, AwardLeaf[]> {
  const { classes, members } = inputs;
  const offsets = classOffsets(classes);
  const lookUp = rangeLookup({ inputs, ranges }, role);
  const leaves = new Map<bigint, AwardLeaf[]>();
  for (const { seq } of ranges) leaves.set(seq, []);
  for (const index of risingOrder(members.length, (at) => members[at]!.validator_root)) {
    const member = members[index]!;
    const range = lookUp(member.class_index, index - offsets[member.class_index]!);
    if (range) leaves.get(range.seq)!.push(leafOf(member, range));
  }
  return leaves;
}

function leafOf({ validator_root, operator }: Member, { fee_wei, liability_wei }: AllocationRange): AwardLeaf {
  return { validator_root, operator, max_liability: liability_wei, fee_wei };
}

function indexOf(leaves: readonly AwardLeaf[], validatorRoot: Hex): number {
  let low = 0;
  let high = leaves.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const root = leaves[middle]!.validator_root;
    if (root === validatorRoot) return middle;
    if (root < validatorRoot) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

class LazyAward implements DecidedAward {
  readonly seq: bigint;
  readonly coprocessor: Hex;
  readonly line_id: Hex;
  readonly owner: Hex;
  readonly units: number;
  readonly cover_wei: bigint;
  readonly price_bps: number;
  readonly #expand: () => AwardLeaf[];
  #tree: ListTree | undefined;

  constructor(
    readonly role: Role,
    entry: BidEntry,
    ranges: readonly AllocationRange[],
    expandLeaves: () => AwardLeaf[],
  ) {
    this.seq = entry.receipt.seq;
    this.coprocessor = entry.bid.message.coprocessor;
    this.line_id = entry.bid.message.line_id;
    this.owner = entry.owner;
    this.units = ranges.reduce((sum, { units }) => sum + units, 0);
    this.cover_wei = ranges.reduce((sum, { units, liability_wei }) => sum + BigInt(units) * liability_wei, 0n);
    this.price_bps = Math.max(...ranges.map(({ price_bps }) => price_bps));
    this.#expand = expandLeaves;
  }

  get leaves(): readonly AwardLeaf[] {
    return this.#expand();
  }

  get tree(): ListTree {
    return (this.#tree ??= awardTree(this.leaves));
  }

  get award_root(): Hex {
    return this.tree.root;
  }
}
