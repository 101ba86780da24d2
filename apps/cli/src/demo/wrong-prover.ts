import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fieldElementsRoot, kzgFieldElements, workloadOf, type Computed } from '@odf/avs';
import { concatBytes, sha256 } from '@odf/protocol';

/** Where the data is published that a response stands for. */
export const PUBLISHED_ENV = 'DEMO_PUBLISHED_DIR';
const COMMITMENT_BYTES = 48;
/** The field element that is changed. */
const CHANGED = 7;

/**
 * A prover of `kzg-da` that is wrong in one field element: the commitment is right and the Merkle root stands over what it
 * delivers, so that nobody sees it who does not check the element's proof.
 */
export async function compute(blob: Uint8Array, signal: AbortSignal): Promise<Computed> {
  const right = await workloadOf('kzg-da').compute(blob, signal);
  const witness = Uint8Array.from(right.witness);
  witness[CHANGED * 32 + 31]! ^= 1;
  const root = fieldElementsRoot(kzgFieldElements(witness));
  const result = concatBytes(right.result.subarray(0, COMMITMENT_BYTES), root);
  publish(result, witness);
  return { result, witness };
}

/** Loads what the first job needs. */
export function warmUp(): void {
  workloadOf('kzg-da').warmUp('compute');
}

/** A data-availability operator serves the data that it vouches for: here, in a folder. */
function publish(result: Uint8Array, witness: Uint8Array): void {
  const folder = process.env[PUBLISHED_ENV];
  if (folder === undefined) throw new Error(`${PUBLISHED_ENV} names no folder`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, sha256(result)), witness);
}
