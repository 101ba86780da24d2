import { z } from 'zod';
import { bytes32, type Hex } from '@odf/protocol';

/** The part of an `odf-boost` status that the demo shows. */
const SidecarStatus = z.looseObject({
  enrollments: z.array(z.looseObject({ avs_id: bytes32.json, state: z.string(), reason: z.string().nullish() })),
  claims: z.array(
    z.looseObject({
      task_id: bytes32.json,
      step: z.string(),
      claim_id: bytes32.json.nullable(),
      via: z.enum(['relay', 'chain']).nullable(),
      reason: z.string().nullable(),
    }),
  ),
  tasks: z.array(
    z.looseObject({
      task_id: bytes32.json,
      step: z.string(),
      times: z.record(z.string(), z.unknown()),
      signed: z.boolean(),
      refusals: z.array(z.looseObject({ code: z.string() })),
    }),
  ),
});

/** What a sidecar says of itself. */
export type SidecarStatus = z.output<typeof SidecarStatus>;

/** A claim as a sidecar tells it. */
export type SidecarClaim = SidecarStatus['claims'][number];

/** How far a sidecar got with a task. */
export interface SidecarTask {
  step: string;
  verified: boolean;
  signed: boolean;
  problem?: string | undefined;
}

/** Asks a sidecar how it does. */
export async function sidecarStatus(origin: string): Promise<SidecarStatus> {
  const answer = await fetch(`${origin}/status`, { signal: AbortSignal.timeout(5_000) });
  return SidecarStatus.parse(await answer.json());
}

/** Whether a sidecar's validator is enrolled in these AVSs. */
export function isEnrolled({ enrollments }: SidecarStatus, avsIds: readonly Hex[]): boolean {
  return avsIds.every((id) => enrollments.some(({ avs_id, state }) => avs_id === id && state === 'live'));
}

/** How far a sidecar got with its tasks. */
export function tasksOf({ tasks }: SidecarStatus): Map<Hex, SidecarTask> {
  return new Map(
    tasks.map(({ task_id, step, times, signed, refusals }) => [
      task_id,
      { step, verified: times['verified'] !== undefined, signed, problem: refusals.at(-1)?.code },
    ]),
  );
}
