import { existsSync } from 'node:fs';
import { workloadOf, type Computed } from '@odf/avs';

/** The file from whose existence on the prover says nothing any more. */
export const SILENCE_ENV = 'DEMO_SILENCE_FILE';

/** A prover of `kzg-da` that is right until it falls silent: then no job ends before its time is over. */
export async function compute(blob: Uint8Array, signal: AbortSignal): Promise<Computed> {
  const file = process.env[SILENCE_ENV];
  if (file === undefined) throw new Error(`${SILENCE_ENV} names no file`);
  if (!existsSync(file)) return workloadOf('kzg-da').compute(blob, signal);
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('silent until the time was over')), { once: true });
  });
}

/** Loads what the first job needs. */
export function warmUp(): void {
  workloadOf('kzg-da').warmUp('compute');
}
