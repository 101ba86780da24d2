import { workloadOf } from '../plugins.js';
import type { Computed, Verdict, VerifyOptions } from '../workload.js';

/** A payload to check. */
export interface VerificationJob extends Computed, VerifyOptions {
  id: number;
  plugin: string;
  input: Uint8Array;
}

/** What the thread is told: to load a workload, or to check a payload. */
export type VerificationOrder = { warm: string } | VerificationJob;

/** What the thread answers to a job. */
export type VerificationAnswer = { id: number; verdict: Verdict } | { id: number; failure: string };

/** Does what an order says; nothing is answered to a warm-up. */
export async function carryOut(order: VerificationOrder): Promise<VerificationAnswer | undefined> {
  if ('warm' in order) {
    workloadOf(order.warm).warmUp('verify');
    return undefined;
  }
  const { id, plugin, input, result, witness, seed, level } = order;
  try {
    return { id, verdict: await workloadOf(plugin).verify(input, { result, witness }, { seed, level }) };
  } catch (error) {
    return { id, failure: String(error) };
  }
}
