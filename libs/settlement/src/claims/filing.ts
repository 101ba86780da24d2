import type { ClaimEvidence, Hex } from '@odf/protocol';
import type { ContractFunctionArgs } from 'viem';
import { g1Of, g2Of } from '../bls-points.js';
import { attestationArgument, awardArgument, leafArgument } from '../calls/message-arguments.js';
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
    attestation: attestationArgument(attestation.message),
    coprocessorKey: g1Of(evidence.coprocessor),
    attestationSignature: g2Of(attestation.signature),
    award: awardArgument(award.award.message),
    relayKey: g1Of(evidence.relay),
    awardSignature: g2Of(award.award.signature),
    leaf: leafArgument(award),
    slashEvidence,
    amount,
  };
}
