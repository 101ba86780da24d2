import { keyRoot, type ClaimEvidence, type Hex } from '@odf/protocol';
import type { ContractFunctionArgs } from 'viem';
import { g1Of, g2Of } from '../bls-points.js';
import type { fraudClaimsAbi } from '../contracts/index.js';

/** `IFraudClaims.Filing`. */
export type Filing = ContractFunctionArgs<typeof fraudClaimsAbi, 'payable', 'file'>[0];

/**
 * Everything that a claim proves, as the contract takes it; the signatures must have been verified.
 *
 * @throws {Error} of blst for bytes that are no points.
 */
export function filingOf(evidence: ClaimEvidence, slashEvidence: Hex, amount: bigint): Filing {
  const { attestation, award } = evidence;
  return {
    attestation: attestationOf(attestation.message),
    coprocessorKey: g1Of(evidence.coprocessor),
    attestationSignature: g2Of(attestation.signature),
    award: awardOf(award.award.message),
    relayKey: g1Of(evidence.relay),
    awardSignature: g2Of(award.award.signature),
    leaf: leafOf(award),
    slashEvidence,
    amount,
  };
}

function attestationOf(message: ClaimEvidence['attestation']['message']): Filing['attestation'] {
  return {
    lineId: message.line_id,
    auctionId: message.auction_id,
    taskId: message.task_id,
    awardRoot: message.award_root,
    inputRoot: message.input_root,
    resultRoot: message.result_root,
    witnessRoot: message.witness_root,
    responseDigest: message.response_digest,
    salt: message.salt,
    issuedAtMs: message.issued_at_ms,
    expiresAtMs: message.expires_at_ms,
    seq: message.seq,
  };
}

function awardOf(message: ClaimEvidence['award']['award']['message']): Filing['award'] {
  return {
    auctionId: message.auction_id,
    avsId: message.avs_id,
    role: message.role,
    coprocessorRoot: keyRoot(message.coprocessor),
    lineId: message.line_id,
    awardRoot: message.award_root,
    units: message.units,
    termStartMs: message.term_start_ms,
    termEndMs: message.term_end_ms,
  };
}

function leafOf({ leaf, index, branch }: ClaimEvidence['award']): Filing['leaf'] {
  const { validator_root, operator, max_liability, fee_wei } = leaf;
  return {
    leaf: { validatorRoot: validator_root, operator, maxLiability: max_liability, feeWei: fee_wei },
    index: BigInt(index),
    branch,
  };
}
