import { toHex } from '@odf/protocol';
import { concat, keccak256, type Hex } from 'viem';
import { fieldElementsRoot, isUnderRoot, merkleBranch } from './field-elements-tree.js';
import { KZG_WITNESS_BYTES } from './layout.js';

const witness = new Uint8Array(KZG_WITNESS_BYTES).map((_, index) => (index * 31 + (index >> 8)) & 0xff);
const elements = witness.subarray(0, 8_192 * 32);

/** The root by its definition, through another library. */
function rootByDefinition(from: number, count: number): Hex {
  if (count === 1) return toHex(elements.subarray(from * 32, from * 32 + 32));
  const half = count / 2;
  return keccak256(concat([rootByDefinition(from, half), rootByDefinition(from + half, half)]));
}

describe('the tree of field elements', () => {
  const root = toHex(fieldElementsRoot(elements));

  it('has the root that its definition gives', () => {
    expect(root).toBe(rootByDefinition(0, 8_192));
  });

  it.each([0, 1, 63, 64, 4_095, 4_096, 8_191])('opens element %i', (index) => {
    const proof = merkleBranch(witness, index);
    expect(proof.leaf).toBe(toHex(elements.subarray(index * 32, index * 32 + 32)));
    expect(proof.branch).toHaveLength(13);
    expect(isUnderRoot(proof, root)).toBe(true);
    expect(isUnderRoot({ ...proof, index: index ^ 1 }, root)).toBe(false);
    expect(isUnderRoot({ ...proof, leaf: root }, root)).toBe(false);
    expect(isUnderRoot({ ...proof, branch: proof.branch.slice(1) }, root)).toBe(false);
  });

  it('refuses elements and witnesses of another size, and places outside', () => {
    expect(() => fieldElementsRoot(elements.subarray(32))).toThrow(RangeError);
    expect(() => merkleBranch(witness.subarray(1), 0)).toThrow(RangeError);
    expect(() => merkleBranch(witness, 8_192)).toThrow(RangeError);
    expect(() => merkleBranch(witness, -1)).toThrow(RangeError);
    expect(() => merkleBranch(witness, 0.5)).toThrow(RangeError);
  });
});
