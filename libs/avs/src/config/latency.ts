import { type AvsWindows } from './avs-config.js';

/** 95th percentiles of a term's steps, milliseconds. */
export interface TermLatency {
  compute: number;
  delivery: number;
  verification: number;
  /** Commitment to key, and download. */
  reveal: number;
}

/**
 * Whether a term can serve the AVS at all: compute and delivery within `deliver`, verification and reveal within `commit`
 * less the standby's grace (rule v of AVS.md).
 */
export function p95FitsWindow(
  latency: TermLatency,
  windows: Pick<AvsWindows, 'deliver' | 'commit' | 'grace'>,
): boolean {
  const { compute, delivery, verification, reveal } = latency;
  return compute + delivery <= windows.deliver && verification + reveal <= windows.commit - windows.grace;
}
