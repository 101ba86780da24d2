import { SignatureVerifier } from '@odf/bls';
import type { Verify } from './bundle.js';

/** Tells people how far long work is. */
export type Progress = (line: string) => void;

/** Progress on standard error, so that the report alone is on standard output. */
export const stderrProgress: Progress = (line) => void process.stderr.write(`${line}\n`);

const MOST_SIGNATURES = 2 ** 17;
const REPORTED_SIGNATURES = 5_000;

/** Runs `work` with a signature check in batches on a thread of its own, which is ended afterwards. */
export async function withVerifier<T>(progress: Progress, work: (verify: Verify) => Promise<T>): Promise<T> {
  let checked = 0;
  const verifier = new SignatureVerifier({
    maxWaiting: MOST_SIGNATURES,
    onBatch: ({ size }) => {
      const before = Math.floor(checked / REPORTED_SIGNATURES);
      checked += size;
      if (Math.floor(checked / REPORTED_SIGNATURES) > before) progress(`checked ${checked} signatures`);
    },
  });
  try {
    return await work((pubkey, signingRoot, signature) => verifier.verify({ pubkey, signingRoot, signature }));
  } finally {
    await verifier.close();
  }
}
