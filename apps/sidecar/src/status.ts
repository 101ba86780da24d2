import type { AwardBook } from './award-book.js';
import type { Validator } from './keys.js';
import type { FeeDifference } from './fees/compare-with-relay.js';
import type { AwardRecord, TaskRecord } from './records.js';
import type { RelaySession } from './relay-session.js';
import type { ClaimRecord } from './settlement-records.js';
import type { Store } from './store.js';

const SHOWN_AWARDS = 200;

/**
 * The JSON of `GET /status`; nothing in it is secret, or of use to guess a payload.
 *
 * Reads memory first and the store after, so what is refused in memory has its evidence in the store by then.
 */
export async function readStatus(parts: {
  sessions: readonly RelaySession[];
  validators: readonly Validator[];
  awards: Pick<AwardBook, 'all'>;
  tasks: { records: () => readonly TaskRecord[] };
  store: Pick<Store, 'list'>;
  differences: readonly FeeDifference[];
}): Promise<unknown> {
  const awards = parts.awards.all();
  const tasks = parts.tasks.records();
  const evidence = await parts.store.list('evidence');
  const openFees = await parts.store.list('open_fee');
  const vouchers = await parts.store.list('voucher');
  const claims = await parts.store.list('claim');
  return {
    relays: parts.sessions.map((session) => ({
      url: session.origin,
      pubkey: session.pubkey,
      state: session.state,
      reason: session.reason,
      delegations: session.delegations.size,
    })),
    validators: parts.validators.map(({ pubkey, root, operator, delegate, avs }) => ({
      pubkey,
      validator_root: root,
      operator,
      delegate: delegate.pubkey,
      avs: [...avs.values()].map(({ avs_id, plugin, enabled, verify }) => ({ avs_id, plugin, enabled, verify })),
    })),
    enrollments: parts.sessions.flatMap(({ pubkey, enrollments }) =>
      [...enrollments.values()].map((status) => ({ relay: pubkey, ...status })),
    ),
    awards: awards.slice(0, SHOWN_AWARDS).map(awardStatus),
    tasks: tasks.map(taskStatus),
    evidence: evidence.map(({ code, relay, subject, at_ms }) => ({ code, relay, subject, at_ms })),
    fees: { exposed: openFees.length, differences: parts.differences },
    vouchers: vouchers.map(({ operator, owner, cumulative_wei, posted, refused }) => ({
      operator,
      owner,
      cumulative_wei,
      posted,
      refused,
    })),
    claims: claims.map(claimStatus),
  };
}

function awardStatus({ relay, validator, proof, refusal, at_ms }: AwardRecord): unknown {
  const { auction_id, avs_id, role, coprocessor } = proof.award.message;
  const { fee_wei, max_liability } = proof.leaf;
  const judged = { state: refusal ? 'refused' : 'accepted', reason: refusal, at_ms };
  return { relay, validator, auction_id, avs_id, role, coprocessor, fee_wei, max_liability, ...judged };
}

function claimStatus(claim: ClaimRecord): unknown {
  const { failures: _, next_at_ms: __, claim_id, via, held_wei, finalisable_at_ms, reason, ...shown } = claim;
  return {
    ...shown,
    claim_id: claim_id ?? null,
    via: via ?? null,
    held_wei: held_wei ?? null,
    finalisable_at_ms: finalisable_at_ms ?? null,
    reason: reason ?? null,
  };
}

function taskStatus(record: TaskRecord): unknown {
  const { validator, avs_id, task_id, step, times, verify, relay, refusals, end, reported, answer } = record;
  return {
    validator,
    avs_id,
    task_id,
    step,
    times,
    verify,
    relay: relay ?? null,
    auction_id: record.header?.message.auction_id ?? null,
    coprocessor: record.header?.message.coprocessor ?? null,
    fee_wei: record.award?.leaf.fee_wei ?? null,
    committed: record.commitment !== undefined,
    signed: record.signature !== undefined,
    answer: answer ? { status: answer.status, reference: answer.reference, reason: answer.reason ?? null } : null,
    end: end ?? null,
    reported: reported ?? null,
    refusals,
  };
}
