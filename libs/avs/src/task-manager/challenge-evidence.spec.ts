import { fromHex, type Hex } from '@odf/protocol';
import { decodeFunctionData } from 'viem';
import { packBlobs } from '../kzg-da/blob-packing.js';
import { fieldElementsRoot, isUnderRoot } from '../kzg-da/field-elements-tree.js';
import { kzgDa } from '../kzg-da/kzg-da.js';
import { kzgFieldElements } from '../kzg-da/layout.js';
import { trustedSetup } from '../kzg-da/trusted-setup.js';
import { type Computed } from '../workload.js';
import { challengeEvidence } from './challenge-evidence.js';
import { evaluationPoint } from './evaluation-point.js';
import { taskManagerAbi } from './task-manager-abi.js';

const [blob, otherBlob] = ['a file', 'another'].map((text) => packBlobs(Buffer.from(text))[0]!) as [
  Uint8Array,
  Uint8Array,
];
const about = { taskId: `0x${'01'.repeat(32)}`, operator: `0x${'02'.repeat(20)}` } as const;
let honest: Computed;
let other: Computed;

beforeAll(async () => {
  const { signal } = new AbortController();
  honest = await kzgDa.compute(blob, signal);
  other = await kzgDa.compute(otherBlob, signal);
}, 60_000);

/** A result over a witness with one altered field element. */
function altered(index: number): Computed {
  const witness = Uint8Array.from(honest.witness);
  witness[index * 32 + 31]! ^= 1;
  const root = fieldElementsRoot(kzgFieldElements(witness));
  return { result: Buffer.concat([honest.result.subarray(0, 48), root]), witness };
}

describe('evaluationPoint', () => {
  it.each([0, 1, 63, 4_095, 4_096, 8_191])('is where the blob takes the value of element %i', (index) => {
    const [, y] = trustedSetup('verify').computeKzgProof(blob, fromHex(evaluationPoint(index)));
    expect(y).toEqual(kzgFieldElements(honest.witness).slice(index * 32, index * 32 + 32));
  });

  it('is none outside', () => {
    for (const index of [-1, 8_192, 0.5]) expect(() => evaluationPoint(index)).toThrow(RangeError);
  });
});

describe('challengeEvidence', () => {
  it('has nothing against the right response', async () => {
    expect(await challengeEvidence(blob, { ...about, result: honest.result }, honest.witness)).toBeNull();
  });

  it.each([0, 4_100, 8_191])('opens the wrong element %i with the right value and its proof', async (index) => {
    const { result, witness } = altered(index);
    const evidence = (await challengeEvidence(blob, { ...about, result }, witness))!;
    const { functionName, args } = decodeFunctionData({ abi: taskManagerAbi, data: evidence.data });
    expect([evidence.fault, functionName]).toEqual(['leaf', 'challengeLeaf']);
    const [, , , at, leaf, branch, y, proof] = args as [Hex, Hex, Hex, bigint, Hex, Hex[], Hex, Hex];
    expect(at).toBe(BigInt(index));
    expect(isUnderRoot({ index, leaf, branch }, `0x${Buffer.from(result.subarray(48)).toString('hex')}`)).toBe(true);
    expect(y).not.toBe(leaf);
    const points = [evaluationPoint(index), y, proof].map(fromHex) as [Uint8Array, Uint8Array, Uint8Array];
    expect(trustedSetup('verify').verifyKzgProof(honest.result.subarray(0, 48), ...points)).toBe(true);
  });

  it("names a commitment that is not the blob's", async () => {
    const evidence = await challengeEvidence(blob, { ...about, result: other.result }, other.witness);
    expect(evidence?.fault).toBe('commitment');
  });

  it('proves nothing of a root that does not stand over the witness', async () => {
    expect(await challengeEvidence(blob, { ...about, result: altered(5).result }, honest.witness)).toBeNull();
    expect(await challengeEvidence(blob, { ...about, result: new Uint8Array(3) }, honest.witness)).toBeNull();
  });
});
