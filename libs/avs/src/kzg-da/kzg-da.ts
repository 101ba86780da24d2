import { concatBytes } from '@odf/protocol';
import { type AvsWorkload, type Computed } from '../workload.js';
import { checkBlob } from './blob.js';
import { fieldElementsRoot } from './field-elements-tree.js';
import { BLOB_BYTES, KZG_RESULT_BYTES, KZG_WITNESS_BYTES } from './layout.js';
import { trustedSetup } from './trusted-setup.js';
import { verifyKzgPayload } from './verify-payload.js';

async function encodeBlob(blob: Uint8Array, signal: AbortSignal): Promise<Computed> {
  const setup = trustedSetup('compute');
  const [commitment, { cells, proofs }] = await Promise.all([
    setup.asyncBlobToKzgCommitment(blob),
    setup.asyncComputeCellsAndKzgProofs(blob),
  ]);
  signal.throwIfAborted();
  const blobProof = await setup.asyncComputeBlobKzgProof(blob, commitment);
  signal.throwIfAborted();
  const elements = concatBytes(...cells);
  return {
    result: concatBytes(commitment, fieldElementsRoot(elements)),
    witness: concatBytes(elements, ...proofs, blobProof),
  };
}

/**
 * Data availability in the manner of EigenDA and PeerDAS: extends one blob (EIP-7594), commits to it and proves every cell.
 * Byte layouts: `layout.ts`. The Merkle root takes its thread a tenth of a second: call it in a worker where that matters.
 */
export const kzgDa: AvsWorkload = {
  meta: {
    id: 'kzg-da',
    version: '1',
    class: 'intensive',
    limits: { inputBytes: BLOB_BYTES, resultBytes: KZG_RESULT_BYTES, witnessBytes: KZG_WITNESS_BYTES, verifyMs: 500 },
  },
  checkInput: checkBlob,
  async compute(input, signal) {
    signal.throwIfAborted();
    checkBlob(input);
    return encodeBlob(input, signal);
  },
  verify: verifyKzgPayload,
  warmUp(purpose) {
    trustedSetup(purpose);
  },
};
