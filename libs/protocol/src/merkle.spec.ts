import { ByteVectorType, ListCompositeType } from '@chainsafe/ssz';
import fc from 'fast-check';
import { hashBlocks } from './hasher.js';
import { concatBytes, fromHex, toHex, type Hex } from './hex.js';
import { ListTree, RECEIPTS_DEPTH, REGISTRY_DEPTH, verifyBranch } from './merkle.js';

const root32 = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toHex);
const lists = fc.record({
  roots: fc.uniqueArray(root32, { minLength: 1, maxLength: 40 }),
  depth: fc.constantFrom(6, RECEIPTS_DEPTH, REGISTRY_DEPTH),
  at: fc.nat(),
});
const hash = (left: Hex, right: Hex): Hex => {
  const output = new Uint8Array(32);
  hashBlocks(concatBytes(fromHex(left), fromHex(right)), output);
  return toHex(output);
};

function proofOf({ roots, depth, at }: { roots: Hex[]; depth: number; at: number }) {
  const tree = ListTree.of(roots, depth);
  const place = at % roots.length;
  return { root: tree.root, leafRoot: roots[place]!, depth, ...tree.branch(place) };
}

describe('ListTree', () => {
  it('has the root of the SSZ list, whatever its length', () => {
    const type = new ListCompositeType(new ByteVectorType(32), 2 ** RECEIPTS_DEPTH);
    fc.assert(
      fc.property(fc.array(root32, { maxLength: 70 }), (roots) => {
        const tree = ListTree.of(roots, RECEIPTS_DEPTH);
        expect(tree.root).toBe(toHex(type.hashTreeRoot(roots.map(fromHex))));
        expect(tree.length).toBe(roots.length);
      }),
    );
  });

  it('holds exactly as many leaves as its limit', () => {
    expect(ListTree.of(Array<Hex>(4).fill(`0x${'01'.repeat(32)}`), 2).length).toBe(4);
    expect(() => ListTree.of(Array<Hex>(5).fill(`0x${'01'.repeat(32)}`), 2)).toThrow(RangeError);
    expect(() => new ListTree(new Uint8Array(33), 2)).toThrow(RangeError);
  });

  it('proves leaves only that it has', () => {
    const tree = ListTree.of([`0x${'01'.repeat(32)}`], 2);
    for (const index of [-1, 1, 0.5, Number.NaN]) expect(() => tree.branch(index)).toThrow(RangeError);
    expect(() => ListTree.of([], 2).branch(0)).toThrow(RangeError);
  });
});

describe('verifyBranch', () => {
  it('takes the branch of every leaf', () => {
    fc.assert(fc.property(lists, (list) => expect(verifyBranch(proofOf(list))).toBe(true)));
  });

  it('refuses the branch for any other leaf, index, root or depth', () => {
    fc.assert(
      fc.property(lists, root32, fc.nat({ max: 80 }), (list, other, index) => {
        const proof = proofOf(list);
        fc.pre(index !== proof.index && other !== proof.leafRoot);
        expect(verifyBranch({ ...proof, leafRoot: other })).toBe(false);
        expect(verifyBranch({ ...proof, root: other })).toBe(false);
        expect(verifyBranch({ ...proof, index })).toBe(false);
        expect(verifyBranch({ ...proof, index: -1 })).toBe(false);
        expect(verifyBranch({ ...proof, index: BigInt(proof.index) + 2n ** BigInt(list.depth) })).toBe(false);
        expect(verifyBranch({ ...proof, depth: list.depth + 1 })).toBe(false);
      }),
    );
  });

  it('refuses a branch with any sibling or the length changed, one too few, one too many, or two swapped', () => {
    fc.assert(
      fc.property(lists, root32, fc.nat(), (list, other, at) => {
        const proof = proofOf(list);
        const place = at % proof.branch.length;
        fc.pre(other !== proof.branch[place] && proof.branch[0] !== proof.branch[1]);
        const [first, second, ...rest] = proof.branch as [Hex, Hex, ...Hex[]];
        for (const branch of [
          proof.branch.with(place, other),
          proof.branch.toSpliced(place, 1),
          proof.branch.toSpliced(place, 0, other),
          [second, first, ...rest],
          proof.branch.with(place, '0x'),
          [],
        ]) {
          expect(verifyBranch({ ...proof, branch })).toBe(false);
        }
      }),
    );
  });

  it('finds no leaf in the zeros behind the last one', () => {
    const roots = Array<Hex>(3).fill(`0x${'01'.repeat(32)}`);
    const longer = ListTree.of([...roots, `0x${'00'.repeat(32)}`], 2);
    const { branch } = longer.branch(3);
    const tree = ListTree.of(roots, 2);
    const leafRoot: Hex = `0x${'00'.repeat(32)}`;
    const proof = { root: tree.root, leafRoot, index: 3, depth: 2 };
    const asShort = branch.with(2, tree.branch(0).branch[2]!);
    expect(verifyBranch({ ...proof, branch: asShort })).toBe(false);
    expect(verifyBranch({ ...proof, root: longer.root, branch })).toBe(true);
  });

  it('reads the whole length: one past the limit, or with bytes above its 64 bits, belongs to no list', () => {
    const leaf: Hex = `0x${'01'.repeat(32)}`;
    const sibling: Hex = `0x${'02'.repeat(32)}`;
    const withLength = (length: Hex) => ({
      root: hash(hash(leaf, sibling), length),
      leafRoot: leaf,
      index: 0,
      branch: [sibling, length],
      depth: 1,
    });
    expect(verifyBranch(withLength(`0x02${'00'.repeat(31)}`))).toBe(true);
    expect(verifyBranch(withLength(`0x03${'00'.repeat(31)}`))).toBe(false);
    expect(verifyBranch(withLength(`0x02${'00'.repeat(30)}01`))).toBe(false);
    expect(verifyBranch(withLength(`0x00${'00'.repeat(31)}`))).toBe(false);
  });

  it('refuses a leaf of another length instead of padding it', () => {
    const short: Hex = `0x${'01'.repeat(31)}`;
    const tree = ListTree.of([`${short}00`], 1);
    expect(verifyBranch({ root: tree.root, leafRoot: short, depth: 1, ...tree.branch(0) })).toBe(false);
    expect(verifyBranch({ root: tree.root, leafRoot: `${short}0000`, depth: 1, ...tree.branch(0) })).toBe(false);
  });
});
