import { awardTree } from '@odf/market';
import {
  Award,
  Commitment,
  KeyDelegation,
  keyRoot,
  signingRoot,
  type AwardLeaf,
  type CoprocessorAwards,
  type CoprocessorFee,
  type Fee,
  type Hex,
  type SigningContext,
} from '@odf/protocol';
import type { Verify } from '../audit/bundle.js';
import type { Contradiction } from './records.js';

/** Whose signatures count, and how they are checked. */
export interface FeeCheck {
  relay: Hex;
  context: SigningContext;
  verify: Verify;
}

type ProvedLeaf = AwardLeaf & { avs_id: Hex };

/** What a coprocessor won of an auction, as far as the relay's signatures hold. */
export interface ProvedAwards {
  /** By role and `validator_root`, each with the AVS of its award. */
  leaves: ReadonlyMap<string, ProvedLeaf>;
  contradictions: Contradiction[];
}

const leafKey = (role: number, validatorRoot: Hex): string => `${role}:${validatorRoot}`;

/** Holds a coprocessor's awards of an auction against the relay's signatures and the leaves against their roots. */
export async function proveAwards(
  place: { auction_id: Hex; coprocessor: Hex },
  answer: Pick<CoprocessorAwards, 'awards' | 'leaves'>,
  check: FeeCheck,
): Promise<ProvedAwards> {
  const at = `awards of ${place.coprocessor} in ${place.auction_id}`;
  const leaves = new Map<string, ProvedLeaf>();
  const contradictions: Contradiction[] = [];
  let from = 0;
  for (const award of answer.awards) {
    const { message, signature } = award;
    const own = (answer.leaves ?? []).slice(from, (from += message.units));
    const isIts = message.auction_id === place.auction_id && message.coprocessor === place.coprocessor;
    const isSigned = isIts && (await check.verify(check.relay, signingRoot(Award, message, check.context), signature));
    if (!isSigned) {
      const found = isIts ? 'another signature' : `of ${message.coprocessor} in ${message.auction_id}`;
      contradictions.push({ code: 'AWARD_INVALID', at, expected: `signed by ${check.relay}`, found });
    } else if (own.length !== message.units || awardTree(own).root !== message.award_root) {
      const expected = `${message.units} leaves under ${message.award_root}`;
      contradictions.push({ code: 'AWARD_INVALID', at, expected, found: `${own.length} others` });
    } else {
      const { role, avs_id } = message;
      for (const leaf of own) leaves.set(leafKey(role, leaf.validator_root), { ...leaf, avs_id });
    }
  }
  return { leaves, contradictions };
}

/** What of a fee contradicts the award that it is for; null when nothing does. */
export function againstAward(fee: Fee, { leaves }: ProvedAwards): Contradiction | null {
  const at = placeOf(fee);
  const leaf = leaves.get(leafKey(fee.role, keyRoot(fee.validator)));
  if (!leaf) {
    return { code: 'FEE_NOT_AWARDED', at, expected: 'an award that the relay signed', found: `${fee.fee_wei} wei` };
  }
  if (leaf.operator === fee.operator && leaf.fee_wei === fee.fee_wei && leaf.avs_id === fee.avs_id) return null;
  const expected = `${leaf.fee_wei} wei of ${leaf.operator} in AVS ${leaf.avs_id}, as awarded`;
  return { code: 'FEE_DIFFERS', at, expected, found: `${fee.fee_wei} wei of ${fee.operator} in AVS ${fee.avs_id}` };
}

/** What of a due fee contradicts the commitment that the validator signed; null when nothing does, or there is none. */
export async function againstCommitment(
  { proof, ...fee }: CoprocessorFee,
  { context, verify }: FeeCheck,
): Promise<Contradiction | null> {
  if (!proof) return null;
  const { commitment, delegation, enrollment } = proof;
  const { message, validator, signature } = commitment;
  const isIts =
    validator === fee.validator &&
    message.task_id === fee.task_id &&
    message.auction_id === fee.auction_id &&
    message.coprocessor === fee.coprocessor;
  const at = placeOf(fee);
  if (!isIts || message.fee_wei !== fee.fee_wei || enrollment.message.operator !== fee.operator) {
    const expected = `${message.fee_wei} wei to ${message.coprocessor} for task ${message.task_id} by ${enrollment.message.operator}, as signed`;
    return { code: 'FEE_DIFFERS', at, expected, found: `${fee.fee_wei} wei to ${fee.coprocessor} by ${fee.operator}` };
  }
  const signer = delegation?.message.delegate ?? validator;
  const isDelegated =
    !delegation ||
    (delegation.message.validator === validator &&
      (await verify(validator, signingRoot(KeyDelegation, delegation.message, context), delegation.signature)));
  if (isDelegated && (await verify(signer, signingRoot(Commitment, message, context), signature))) return null;
  const found = isDelegated ? 'another signature' : 'a delegation that the validator did not sign';
  return { code: 'COMMITMENT_INVALID', at, expected: `signed by ${signer}`, found };
}

/** A fee as contradictions name it. */
export function placeOf({ task_id, validator }: Pick<Fee, 'task_id' | 'validator'>): string {
  return `fee of ${validator} for task ${task_id}`;
}
