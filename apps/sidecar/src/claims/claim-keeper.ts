import type { Logger } from 'pino';
import type { SidecarMetrics } from '../metrics.js';
import { isOver, type ClaimRecord } from '../settlement-records.js';
import type { Store } from '../store.js';
import type { ClaimChange, ClaimDeps } from './claim-deps.js';
import { stepClaim } from './claim-steps.js';

const LONGEST_PAUSE_MS = 600_000;
const FIRST_PAUSE_MS = 1_000;

/** What keeping claims needs. */
export interface ClaimKeeperDeps extends ClaimDeps {
  store: Store;
  metrics: SidecarMetrics;
  log: Logger;
}

/** Moves every claim that is not over one step; what a step brought is durable before the next. */
export async function keepClaims(deps: ClaimKeeperDeps): Promise<void> {
  for (const claim of await deps.store.list('claim')) {
    if (!isOver(claim) && claim.next_at_ms <= deps.clock.nowMs()) await keepClaim(claim, deps);
  }
}

async function keepClaim(claim: ClaimRecord, deps: ClaimKeeperDeps): Promise<void> {
  const kept = await deps.store.get('claim_evidence', claim.validator, claim.task_id);
  if (!kept) throw new Error(`the evidence of task ${claim.task_id} is gone although its claim is not over`);
  const change = await stepClaim(claim, kept.evidence, deps).then(
    (brought): ClaimChange => ({ failures: 0, ...brought }),
    (error: unknown) => afterFailure(claim, error, deps),
  );
  const next = { ...claim, ...change };
  if (JSON.stringify(next, textOfBigint) === JSON.stringify(claim, textOfBigint)) return;
  await deps.store.put('claim', [claim.transaction, `${claim.log_index}`, claim.validator], next);
  const { task_id, validator, step, claim_id, reason } = next;
  if (step === claim.step) return;
  deps.metrics.claimStepsTotal.inc({ step });
  deps.log.info({ task_id, validator, step, claim_id, reason }, 'claim goes on');
}

const textOfBigint = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? `${value}n` : value);

function afterFailure({ failures, task_id }: ClaimRecord, error: unknown, deps: ClaimKeeperDeps): ClaimChange {
  deps.signal.throwIfAborted();
  deps.log.warn({ err: error, task_id }, 'a claim cannot go on yet');
  const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures, 20));
  return { failures: failures + 1, next_at_ms: deps.clock.nowMs() + pauseMs, reason: (error as Error).message };
}
