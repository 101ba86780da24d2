import { verifyAwardProof, type SignatureCheck } from '@odf/client';
import { isAcceptable, type Mismatch } from '@odf/market';
import {
  auctionId,
  AwardRole,
  type AwardProof,
  type Hex,
  type SigningContext,
  type TrustPolicy,
  type ValidatorAuction,
} from '@odf/protocol';
import { refuse, type Refusal, type RefusalCode } from './refusal.js';

/** What an award is judged against. */
export interface AwardExpectation {
  relay: Hex;
  context: SigningContext;
  auction: ValidatorAuction;
  mode: 'term' | 'task';
  validatorRoot: Hex;
  operator: Hex;
  policy: TrustPolicy;
  /** Reward per unit and task in wei that the policy's share refers to. */
  rewardRefWei: bigint;
  /** Kind and asset of the line behind the award as the relay tells it; null when it is unknown. */
  line: { kind: number; asset: Hex } | null;
}

const codes: Partial<Record<Mismatch, RefusalCode>> = {
  DENIED: 'AWARD_COPROCESSOR_DENIED',
  NOT_ALLOWED: 'AWARD_COPROCESSOR_DENIED',
  FEE_TOO_HIGH: 'AWARD_TOO_EXPENSIVE',
  FEE_SHARE_TOO_HIGH: 'AWARD_TOO_EXPENSIVE',
  COVER_TOO_LOW: 'AWARD_COVER_TOO_LOW',
};

/** Judges an award proof: signature, branch, whose it is, what it is for, and the owner's own policy. */
export function checkAward(proof: AwardProof, expected: AwardExpectation, check: SignatureCheck): Refusal | null {
  const fault = verifyAwardProof(proof, expected.relay, expected.context, check);
  if (fault) return refuse(fault === 'SIGNATURE_INVALID' ? 'AWARD_SIGNATURE_INVALID' : 'AWARD_BRANCH_INVALID');
  const { leaf } = proof;
  if (leaf.validator_root !== expected.validatorRoot || leaf.operator !== expected.operator) {
    return refuse('AWARD_NOT_OURS');
  }
  return checkTerm(proof, expected) ?? checkTrust(proof, expected);
}

function checkTerm({ award: { message } }: AwardProof, { auction, mode }: AwardExpectation): Refusal | null {
  const same = ['auction_id', 'avs_id', 'term_start_ms', 'term_end_ms'] as const;
  const differing = same.find((member) => message[member] !== auction[member]);
  if (differing) return refuse('AWARD_MISMATCH', `${differing} is not that of the auction.`);
  if (message.role !== AwardRole.primary && message.role !== AwardRole.standby) {
    return refuse('AWARD_MISMATCH', 'The role is neither primary nor standby.');
  }
  const task = mode === 'task' ? auction.tasks[0]?.task_id : undefined;
  const id = auctionId({ avs: auction.avs_id, termStartMs: auction.term_start_ms, round: auction.round, task });
  return id === auction.auction_id ? null : refuse('AWARD_MISMATCH', 'auction_id is not that of AVS, term and round.');
}

function checkTrust({ award, leaf }: AwardProof, expected: AwardExpectation): Refusal | null {
  const acceptance = isAcceptable(expected.policy, {
    coprocessor: award.message.coprocessor,
    fee_wei: leaf.fee_wei,
    reward_ref_wei: expected.rewardRefWei,
    cover_wei_per_unit: leaf.max_liability,
    line: expected.line,
    // No plug-in that ships checks a proof of assurance, so none is ever given.
    assurance: 0,
    slashed_asset: null,
  });
  if (acceptance.ok) return null;
  const code = codes[acceptance.reason] ?? 'AWARD_NOT_ACCEPTABLE';
  return refuse(code, `${acceptance.reason}: fee ${leaf.fee_wei} wei, cover ${leaf.max_liability} wei.`);
}

/** Compares two acceptable awards: the lower fee first, then the higher cover. */
export function betterAward(left: AwardProof, right: AwardProof): number {
  const byFee = compare(left.leaf.fee_wei, right.leaf.fee_wei);
  return byFee !== 0 ? byFee : compare(right.leaf.max_liability, left.leaf.max_liability);
}

function compare(left: bigint, right: bigint): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
