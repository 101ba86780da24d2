import { parentPort } from 'node:worker_threads';
import eth_kzg from '@crate-crypto/node-eth-kzg';
import { fieldElementsRoot, workloadOf } from '@odf/avs';
import { concatBytes, toHex, type Hex } from '@odf/protocol';
import { echo, kzgDa } from './fleet.js';

/** A result to be computed. */
export interface ResultOrder {
  id: number;
  plugin: string;
  input: Uint8Array;
}
/** What came out. */
export interface ResultAnswer {
  id: number;
  result?: Hex;
  error?: string;
}

let setup: ReturnType<typeof eth_kzg.DasContextJs.create> | undefined;

/** Commitment and root without the proofs, which are what makes the work heavy: nobody but others needs them. */
function kzgResult(blob: Uint8Array): Uint8Array {
  setup ??= eth_kzg.DasContextJs.create({ usePrecomp: false });
  return concatBytes(setup.blobToKzgCommitment(blob), fieldElementsRoot(concatBytes(...setup.computeCells(blob))));
}

async function resultOf(plugin: string, input: Uint8Array): Promise<Uint8Array> {
  if (plugin === kzgDa.name) return kzgResult(input);
  return (await workloadOf(echo.name).compute(input, new AbortController().signal)).result;
}

async function compute({ id, plugin, input }: ResultOrder): Promise<ResultAnswer> {
  try {
    return { id, result: toHex(await resultOf(plugin, input)) };
  } catch (error) {
    return { id, error: error instanceof Error ? error.message : String(error) };
  }
}

const port = parentPort;
if (!port) throw new Error('result-worker is a worker thread: it is started by ResultChecker');
port.on('message', (order: ResultOrder) => void compute(order).then((answer) => port.postMessage(answer)));
