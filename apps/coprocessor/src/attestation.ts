import {
  Attestation,
  Delivery,
  sha256,
  signingRoot,
  type AvsInfo,
  type Hex,
  type SigningContext,
  type TaskInfo,
} from '@odf/protocol';
import type { BlsKey } from '@odf/bls';
import type { Computed } from '@odf/avs';

/** Beyond the claim tail, so that clocks that differ a little do not cost a delivery. */
const EXPIRY_MARGIN_MS = 3_600_000n;

/** What an attestation is made from; times in Unix milliseconds. */
export interface AttestationFacts {
  line_id: Hex;
  award_root: Hex;
  task: TaskInfo;
  avs: Pick<AvsInfo, 'claim_tail_ms'>;
  computed: Computed;
  response_digest: Hex;
  salt: Hex;
  nowMs: bigint;
  seq: bigint;
}

/** The liability for one payload, good until every claim about it could be filed. */
export function attest(facts: AttestationFacts): Attestation {
  const { task, computed, nowMs } = facts;
  // The relay refuses what was issued before the task; its clock made that time.
  const issued = nowMs > task.created_at_ms ? nowMs : task.created_at_ms;
  const end = issued > task.commit_by_ms ? issued : task.commit_by_ms;
  return {
    line_id: facts.line_id,
    auction_id: task.auction_id,
    task_id: task.task_id,
    award_root: facts.award_root,
    input_root: sha256(task.input),
    result_root: sha256(computed.result),
    witness_root: sha256(computed.witness),
    response_digest: facts.response_digest,
    salt: facts.salt,
    issued_at_ms: issued,
    expires_at_ms: end + facts.avs.claim_tail_ms + EXPIRY_MARGIN_MS,
    seq: facts.seq,
  };
}

/** Signs an attestation and joins it with what it attests. */
export function signDelivery(key: BlsKey, message: Attestation, computed: Computed, context: SigningContext): Delivery {
  return { message, signature: key.sign(signingRoot(Attestation, message, context)), ...computed };
}
