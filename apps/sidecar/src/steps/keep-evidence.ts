import type { ClaimEvidence } from '@odf/protocol';
import type { FeeRecord, KeptEvidence } from '../settlement-records.js';
import type { RelaySession } from '../relay-session.js';
import type { TaskFlow } from '../task-flow.js';

/** Filing, dispute and resolution after a slash, and two days for the chain; milliseconds. */
const CLAIM_WINDOWS_MS = (14 + 7 + 7 + 2) * 86_400_000;

/** Keeps what a claim would need before anything is signed that could be slashed, and notes the fee that was promised. */
export async function keepEvidence(flow: TaskFlow): Promise<void> {
  if (!flow.record.reveal) return flow.advance('kept');
  const kept = evidenceOf(flow);
  await flow.deps.evidence.write(kept);
  const id = [kept.validator, kept.task_id];
  return flow.advance('kept', {}, [
    { kind: 'claim_evidence', id, record: kept },
    { kind: 'fee', id, record: feeOf(flow) },
    { kind: 'open_fee', id, record: { validator: kept.validator, task_id: kept.task_id } },
  ]);
}

function evidenceOf(flow: TaskFlow): KeptEvidence {
  const { validator, record } = flow;
  const session = relayOf(flow);
  const [award, { attestation }] = [flow.need('award'), flow.need('reveal')];
  const evidence: ClaimEvidence = {
    version: 'odf/1',
    chain_id: session.context.chainId,
    settlement: session.context.settlement,
    relay: session.pubkey,
    coprocessor: award.award.message.coprocessor,
    operator: validator.operator,
    attestation,
    award,
    slash: null,
  };
  const slashableUntilMs = Number(flow.need('deadline_ms')) + challengeMs(flow);
  return {
    validator: record.validator,
    task_id: record.task_id,
    avs_id: record.avs_id,
    evidence,
    ciphertext_root: flow.need('header').message.ciphertext_root,
    keep_until_ms: Math.max(slashableUntilMs, Number(attestation.message.expires_at_ms)) + CLAIM_WINDOWS_MS,
  };
}

function feeOf(flow: TaskFlow): FeeRecord {
  const { record, validator } = flow;
  const session = relayOf(flow);
  const { auction_id, coprocessor, fee_wei } = flow.need('commitment').message;
  return {
    validator: record.validator,
    task_id: record.task_id,
    avs_id: record.avs_id,
    auction_id,
    operator: validator.operator,
    coprocessor,
    chain_id: session.context.chainId,
    settlement: session.context.settlement,
    fee_wei,
    digest: flow.need('reveal').attestation.message.response_digest,
    deadline_ms: Number(flow.need('deadline_ms')),
    challenge_ms: challengeMs(flow),
    state: 'exposed',
    kept_at_ms: flow.deps.clock.nowMs(),
  };
}

/** The relay of the task, whether it still answers or not: all that is needed of it is here. */
function relayOf(flow: TaskFlow): RelaySession {
  const session = flow.deps.sessions.get(flow.need('relay'));
  if (!session) throw new Error(`the relay of task ${flow.record.task_id} is none of this sidecar's any more`);
  return session;
}

/** How long after the deadline a response may be slashed, as the AVS says, milliseconds; zero where it does not. */
function challengeMs(flow: TaskFlow): number {
  const info = relayOf(flow).avs(flow.record.avs_id) as { task_manager?: { challenge_ms: bigint } | null } | undefined;
  return Number(info?.task_manager?.challenge_ms ?? 0n);
}
