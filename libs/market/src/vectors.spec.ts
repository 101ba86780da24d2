import { readFileSync } from 'node:fs';
import { AwardLeaf, Member, Receipt, type Hex } from '@odf/protocol';
import { permutationIndex, roundFunction, roundKeys } from './permutation.js';
import { lowerBound, ONE, penaltyBps, reputationFloor } from './reputation/bounds.js';
import { awardTree, bidsTree, membersTree } from './roots.js';

interface LeafVector {
  index: string;
  leaf: unknown;
  branch: Hex[];
}
interface TreeVector {
  count: string;
  root: Hex;
  leaves: LeafVector[];
}
interface Vectors {
  permutation: {
    seed: Hex;
    class_root: Hex;
    round_function: { round: string; half: string; value: string }[];
    instances: { n: string; pi: string[] }[];
  };
  award_roots: TreeVector[];
  bids_roots: TreeVector[];
  members_roots: TreeVector[];
}

const vectors = JSON.parse(
  readFileSync(new URL('../../../test/vectors/protocol.json', import.meta.url), 'utf8'),
) as Vectors;

describe('permutation vectors', () => {
  const { seed, class_root, round_function, instances } = vectors.permutation;

  it.each(round_function)('round $round of $half', ({ round, half, value }) => {
    const keys = roundKeys(seed, class_root);
    expect(roundFunction(Number(half), keys[Number(round)]!)).toBe(Number(value));
  });

  it.each(instances)('n = $n', ({ n, pi }) => {
    const permute = permutationIndex(seed, class_root, Number(n));
    expect(pi.map((_, ordinal) => permute(ordinal))).toEqual(pi.map(Number));
  });

  it.each([1, 2, 5, 17, 64, 65, 1000, 65_537])('is a permutation of %i ordinals', (n) => {
    const permute = permutationIndex(seed, class_root, n);
    const images = new Set(Array.from({ length: n }, (_, ordinal) => permute(ordinal)));
    expect(images.size).toBe(n);
    expect(Math.max(...images)).toBe(n - 1);
  });

  it('refuses ordinals and sizes out of range', () => {
    expect(() => permutationIndex(seed, class_root, 0)).toThrow(RangeError);
    expect(() => permutationIndex(seed, class_root, 3)(3)).toThrow(RangeError);
  });
});

describe('root vectors', () => {
  const treeOf = {
    award_roots: (leaves: unknown[]) => awardTree(leaves.map((leaf) => AwardLeaf.fromJson(leaf))),
    bids_roots: (leaves: unknown[]) => bidsTree(leaves.map((leaf) => Receipt.fromJson(leaf))),
    members_roots: (leaves: unknown[]) => membersTree(leaves.map((leaf) => Member.fromJson(leaf))),
  };
  for (const name of ['award_roots', 'bids_roots', 'members_roots'] as const) {
    it.each(vectors[name])(`${name}: $count`, ({ root, count, leaves }) => {
      expect(leaves).toHaveLength(Number(count));
      const tree = treeOf[name](leaves.map(({ leaf }) => leaf));
      expect(tree.root).toBe(root);
      leaves.forEach(({ index, branch }) => expect(tree.branch(Number(index)).branch).toEqual(branch));
    });
  }
});

describe('reputation vectors of MARKET.md', () => {
  it.each<[string, bigint, bigint, bigint]>([
    ['newcomer', 0n, 0n, 120851981n],
    ['10 daily on time', 9032363768n, 0n, 677940487n],
    ['60 daily', 32837082116n, 0n, 881079518n],
    ['60 daily, w = 4', 131348328507n, 0n, 967085423n],
    ['60, last withheld', 31837082116n, 3000000000n, 778946617n],
    ['60, last invalid', 31837082116n, 5000000000n, 728055218n],
    ['60, last late', 32137082116n, 700000000n, 852322388n],
    ['60, then 30 idle days', 16418540828n, 0n, 789430693n],
    ['60, then 90 idle', 4104635084n, 0n, 503303246n],
    ['safe, 60 clean', 53676116632n, 0n, 923409525n],
    ['then slashed', 53676116632n, 25000000000n, 587566857n],
  ])('%s', (_, good, bad, bound) => expect(lowerBound(good, bad)).toBe(bound));

  it('takes the worse dimension for floors and the live one for the penalty', () => {
    const record = { live_r: 60n * ONE, live_s: 0n, safe_r: 0n, safe_s: 0n };
    expect(reputationFloor(record)).toBe(120851981n);
    expect(penaltyBps(record)).toBe(25);
    expect(penaltyBps({ ...record, live_r: 0n })).toBe(100);
    expect(penaltyBps({ ...record, live_r: 0n, live_s: 20n * ONE })).toBe(5050);
    expect(penaltyBps({ ...record, live_r: 61n * ONE })).toBe(25);
  });
});
