import type { ClaimEvidence, Hex } from '@odf/protocol';
import type { ClaimOnChain } from '../settlement-ports.js';
import type { ClaimRecord } from '../settlement-records.js';
import { askRelay, followRelay } from './ask-relay.js';
import type { ClaimChange, ClaimDeps } from './claim-deps.js';

/** The contract takes no claims later than so long after the slash, milliseconds. */
export const FILING_WINDOW_MS = 14 * 86_400_000;

/** Does what is next for a claim; may be done again after a kill at any moment. */
export async function stepClaim(claim: ClaimRecord, evidence: ClaimEvidence, deps: ClaimDeps): Promise<ClaimChange> {
  const known = claim.claim_id ? await claimOnChain(claim, claim.claim_id, deps) : null;
  if (known) return takeFrom(known, claim, deps);
  switch (claim.step) {
    case 'wanted':
      return askRelay(claim, evidence, deps);
    case 'asked':
      return followRelay(claim, deps);
    default:
      return fileHere(claim, evidence, deps);
  }
}

/** A claim of this slash; one that a relay names of somebody else counts for nothing. */
async function claimOnChain(claim: ClaimRecord, claimId: Hex, { ports }: ClaimDeps): Promise<ClaimOnChain | null> {
  const found = await ports.view.claimOf(claimId);
  return found?.operator === claim.operator && found.task_id === claim.task_id ? found : null;
}

async function takeFrom(found: ClaimOnChain, claim: ClaimRecord, deps: ClaimDeps): Promise<ClaimChange> {
  const { state, amount_wei, finalisable_at_ms } = found;
  const change = { step: state, held_wei: amount_wei, finalisable_at_ms };
  const ripe = state === 'filed' && finalisable_at_ms <= (await deps.ports.view.nowMs());
  if (ripe) await deps.ports.filer?.finalise(claim.claim_id!);
  return change;
}

/** Files without any relay; a claim that a reorganisation took away is filed again. */
async function fileHere(claim: ClaimRecord, evidence: ClaimEvidence, deps: ClaimDeps): Promise<ClaimChange> {
  const { filer } = deps.ports;
  if (deps.clock.nowMs() > claim.seen_at_ms + FILING_WINDOW_MS) return { step: 'failed' };
  if (!filer) throw new Error('this sidecar has no account to file with: claims go through relays only');
  const { transaction, log_index, amount_wei } = claim;
  const { claim_id } = await filer.file({ ...evidence, slash: { transaction, log_index } }, amount_wei);
  return { step: 'filed', claim_id, via: 'chain' };
}
