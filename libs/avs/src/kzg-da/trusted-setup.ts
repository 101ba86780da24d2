import { DasContextJs } from '@crate-crypto/node-eth-kzg';

/** What a context will be used for: computing pays for tables (100 MB) that halve the time of the proofs. */
export type KzgPurpose = 'compute' | 'verify';

const loaded: Partial<Record<KzgPurpose, DasContextJs>> = {};

/**
 * The trusted setup of this thread, loaded at its first use, which blocks for seconds; native contexts cannot be shared
 * between threads, but within one a context for computing also verifies.
 */
export function trustedSetup(purpose: KzgPurpose): DasContextJs {
  if (loaded.compute) return loaded.compute;
  return (loaded[purpose] ??= DasContextJs.create({ usePrecomp: purpose === 'compute' }));
}
