import { createHash } from 'node:crypto';
import { type Computed, type Verdict, type VerdictCode, type VerifyOptions } from '../workload.js';
import { verdict } from '../verdict.js';
import { isBlob } from './blob.js';
import { fieldElementsRoot } from './field-elements-tree.js';
import {
  CELLS,
  kzgFieldElements,
  KZG_RESULT_BYTES,
  KZG_WITNESS_BYTES,
  splitKzgResult,
  splitKzgWitness,
  type KzgWitness,
} from './layout.js';
import { trustedSetup } from './trusted-setup.js';

/** Cells that `sample` checks: one bad cell of 128 is caught 6 % of the time, half of them bad 99.6 %. */
const SAMPLED_CELLS = 8;

function equal(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0;
}

/** Distinct cells, drawn by the seed. */
export function drawCells(seed: Uint8Array, count: number): number[] {
  const drawn = new Set<number>();
  for (let block = 0; drawn.size < count; block++) {
    const digest = createHash('sha256').update(seed).update(Uint8Array.of(block)).digest();
    for (const byte of digest) if (drawn.size < count) drawn.add(byte % CELLS);
  }
  return [...drawn];
}

/** The library throws on bytes that are no field element or point: whatever it cannot judge is not proved. */
async function proves(check: Promise<boolean>): Promise<boolean> {
  try {
    return await check;
  } catch {
    return false;
  }
}

function provesCells(commitment: Uint8Array, { cells, proofs }: KzgWitness, indices: number[]): Promise<boolean> {
  return proves(
    trustedSetup('verify').asyncVerifyCellKzgProofBatch(
      indices.map(() => commitment),
      indices,
      indices.map((index) => cells[index]!),
      indices.map((index) => proofs[index]!),
    ),
  );
}

async function judge(blob: Uint8Array, { result, witness }: Computed, indices: number[]): Promise<VerdictCode> {
  if (!isBlob(blob)) return 'INPUT_INVALID';
  if (result.length !== KZG_RESULT_BYTES) return 'RESULT_LENGTH_WRONG';
  if (witness.length !== KZG_WITNESS_BYTES) return 'WITNESS_LENGTH_WRONG';
  const { commitment, root } = splitKzgResult(result);
  const parts = splitKzgWitness(witness);
  if (!equal(witness.subarray(0, blob.length), blob)) return 'CELLS_NOT_INPUT';
  if (!equal(fieldElementsRoot(kzgFieldElements(witness)), root)) return 'ROOT_MISMATCH';
  const [blobProved, cellsProved] = await Promise.all([
    proves(trustedSetup('verify').asyncVerifyBlobKzgProof(blob, commitment, parts.blobProof)),
    provesCells(commitment, parts, indices),
  ]);
  if (!blobProved) return 'BLOB_PROOF_INVALID';
  return cellsProved ? 'OK' : 'CELL_PROOFS_INVALID';
}

/**
 * Checks a `kzg-da` payload: the cells begin with the blob, the root is that of the cells, the blob proof binds the
 * commitment to the blob, and the cells' proofs hold in one batch: all 128, or those that the seed draws.
 */
export async function verifyKzgPayload(blob: Uint8Array, payload: Computed, options: VerifyOptions): Promise<Verdict> {
  const started = performance.now();
  const indices =
    options.level === 'full'
      ? Array.from({ length: CELLS }, (_, index) => index)
      : drawCells(options.seed, SAMPLED_CELLS);
  return verdict(await judge(blob, payload, indices), started, indices.length / CELLS);
}
