import { OdfError } from '@odf/protocol';
import { keccak256, stringToBytes, toBytes } from 'viem';
import { type AvsWorkload } from '../workload.js';
import { verdict } from '../verdict.js';

const MAX_NAME_BYTES = 256;

function greeting(name: Uint8Array): Uint8Array {
  return toBytes(keccak256(Buffer.concat([stringToBytes('Hello, '), name])));
}

function isName(input: Uint8Array): boolean {
  return input.length > 0 && input.length <= MAX_NAME_BYTES;
}

function checkInput(input: Uint8Array): void {
  if (!isName(input)) throw new OdfError('TASK_INPUT_INVALID', `A name has 1 to ${MAX_NAME_BYTES} bytes.`);
}

/**
 * A Lightweight AVS in the manner of EigenLayer's hello-world: the input is a name, the result
 * `keccak256("Hello, " ‖ name)`, without a witness; whoever checks it computes it again.
 */
export const echo: AvsWorkload = {
  meta: {
    id: 'echo',
    version: '1',
    class: 'lightweight',
    limits: { inputBytes: MAX_NAME_BYTES, resultBytes: 32, witnessBytes: 0, verifyMs: 1 },
  },
  checkInput,
  async compute(input, signal) {
    signal.throwIfAborted();
    checkInput(input);
    return { result: greeting(input), witness: new Uint8Array() };
  },
  async verify(input, { result, witness }) {
    const started = performance.now();
    if (!isName(input)) return verdict('INPUT_INVALID', started);
    if (result.length !== 32) return verdict('RESULT_LENGTH_WRONG', started);
    if (witness.length !== 0) return verdict('WITNESS_LENGTH_WRONG', started);
    return verdict(Buffer.compare(result, greeting(input)) === 0 ? 'OK' : 'RESULT_MISMATCH', started);
  },
  warmUp() {
    // Nothing to load.
  },
};
