import { parentPort } from 'node:worker_threads';
import eth_kzg from '@crate-crypto/node-eth-kzg';
import { challengeEvidence, fieldElementsRoot, workloadOf } from '@odf/avs';
import { concatBytes, toHex, type Hex } from '@odf/protocol';
import { echo, kzgDa } from './fleet.js';

/** What an AVS lets its thread do. */
export type AvsOrder = { id: number } & (
  | { kind: 'result'; plugin: string; input: Uint8Array }
  | { kind: 'sidecar'; blob: Uint8Array }
  | { kind: 'challenge'; blob: Uint8Array; taskId: Hex; operator: Hex; result: Uint8Array; witness: Uint8Array }
);
/** The commitment to a blob and the proof that it is that blob's (EIP-4844). */
export interface BlobSidecar {
  commitment: Hex;
  proof: Hex;
}
/** What came out. */
export type AvsAnswer = { id: number } & ({ value: unknown } | { error: string });

let setup: ReturnType<typeof eth_kzg.DasContextJs.create> | undefined;

const kzg = () => (setup ??= eth_kzg.DasContextJs.create({ usePrecomp: false }));

/** Commitment and root without the proofs, which are what makes the work heavy: nobody but others needs them. */
function kzgResult(blob: Uint8Array): Uint8Array {
  return concatBytes(kzg().blobToKzgCommitment(blob), fieldElementsRoot(concatBytes(...kzg().computeCells(blob))));
}

async function resultOf(plugin: string, input: Uint8Array): Promise<Hex> {
  if (plugin === kzgDa.name) return toHex(kzgResult(input));
  return toHex((await workloadOf(echo.name).compute(input, new AbortController().signal)).result);
}

function sidecarOf(blob: Uint8Array): BlobSidecar {
  const commitment = kzg().blobToKzgCommitment(blob);
  return { commitment: toHex(commitment), proof: toHex(kzg().computeBlobKzgProof(blob, commitment)) };
}

async function challengeOf({ blob, witness, ...response }: Extract<AvsOrder, { kind: 'challenge' }>) {
  return (await challengeEvidence(blob, response, witness))?.data ?? null;
}

function valueOf(order: AvsOrder): unknown {
  switch (order.kind) {
    case 'result':
      return resultOf(order.plugin, order.input);
    case 'sidecar':
      return sidecarOf(order.blob);
    case 'challenge':
      return challengeOf(order);
  }
}

async function answer(order: AvsOrder): Promise<AvsAnswer> {
  const { id } = order;
  try {
    return { id, value: await valueOf(order) };
  } catch (error) {
    return { id, error: error instanceof Error ? error.message : String(error) };
  }
}

const port = parentPort;
if (!port) throw new Error('avs-worker is a worker thread: it is started by AvsThread');
port.on('message', (order: AvsOrder) => void answer(order).then((done) => port.postMessage(done)));
