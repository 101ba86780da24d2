import { RelayError, signMessage } from '@odf/client';
import { Attestation, ClaimRequest, routes, type ClaimEvidence } from '@odf/protocol';
import { signerAt } from '../enrol.js';
import type { Validator } from '../keys.js';
import type { RelaySession } from '../relay-session.js';
import type { ClaimRecord } from '../settlement-records.js';
import type { ClaimChange, ClaimDeps } from './claim-deps.js';

/** Asks the relay of the award to file; one that is away or refuses is passed by. */
export async function askRelay(claim: ClaimRecord, evidence: ClaimEvidence, deps: ClaimDeps): Promise<ClaimChange> {
  const session = deps.sessions.get(claim.relay);
  const validator = deps.validators.get(claim.validator);
  const now = deps.clock.nowMs();
  const isLate = now - claim.seen_at_ms >= deps.relayPatienceMs;
  if (!session?.isUsable || !validator) return isLate ? fileHere('the relay is not there') : {};
  try {
    const body = requestOf(claim, evidence, session, validator);
    const { claim_id } = await session.client.data(routes.postClaim, { body, signal: deps.signal });
    return { step: 'asked', claim_id, asked_at_ms: now, via: 'relay' };
  } catch (error) {
    return afterRefusal(error, isLate, deps.signal);
  }
}

/** Follows the relay's work; the chain alone says that the claim is filed. */
export async function followRelay(claim: ClaimRecord, deps: ClaimDeps): Promise<ClaimChange> {
  const isLate = deps.clock.nowMs() - (claim.asked_at_ms ?? 0) >= deps.relayPatienceMs;
  const session = deps.sessions.get(claim.relay);
  if (!session?.isUsable) return isLate ? fileHere('the relay is not there') : {};
  try {
    const params = { claim_id: claim.claim_id! };
    const { state, reason } = await session.client.data(routes.getClaim, { params, signal: deps.signal });
    if (state === 'failed') return fileHere(`the relay failed: ${reason ?? 'it says not why'}`);
    return isLate ? fileHere(`the relay says ${state}, the chain knows no such claim`) : {};
  } catch (error) {
    return afterRefusal(error, isLate, deps.signal);
  }
}

function requestOf(claim: ClaimRecord, { attestation }: ClaimEvidence, session: RelaySession, validator: Validator) {
  const message: ClaimRequest = {
    task_id: claim.task_id,
    validator: claim.validator,
    attestation_root: Attestation.root(attestation.message),
    slash_tx: claim.transaction,
    log_index: claim.log_index,
    amount: claim.amount_wei,
  };
  return signMessage(ClaimRequest, message, signerAt(session, validator), session.context);
}

function afterRefusal(error: unknown, isLate: boolean, signal: AbortSignal): ClaimChange {
  signal.throwIfAborted();
  if (!(error instanceof RelayError)) throw error;
  const reason = `${error.code}: ${error.message}`;
  // A relay that files no claims says so with a 503 that time does not mend; one that waits for confirmations with a 409.
  const mayHelpLater = error.isTransient
    ? error.code !== 'CLAIM_UNAVAILABLE'
    : error.code === 'CLAIM_SLASH_UNCONFIRMED';
  return mayHelpLater && !isLate ? { reason } : fileHere(reason);
}

function fileHere(reason: string): ClaimChange {
  return { step: 'filing', reason };
}
