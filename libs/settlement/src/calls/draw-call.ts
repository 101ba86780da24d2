import { concat, encodeFunctionData, keccak256 } from 'viem';
import {
  Commitment,
  keyRoot,
  signingRoot,
  zeroHex,
  type Attestation,
  type Enrollment,
  type FeeProof,
  type Hex,
  type SigningContext,
} from '@odf/protocol';
import { g1Of, g2Of, type G1, type G2 } from '../bls-points.js';
import type { OdfContracts } from '../chain/deployment.js';
import type { ChainCall } from '../claim-desk.js';
import { feeEscrowAbi } from '../contracts/index.js';
import { attestationArgument, awardArgument, leafArgument, type FeeArgument } from './message-arguments.js';

/** All that proves one unpaid fee. */
export interface DrawEvidence {
  /** The relay's answer for a fee that is due. */
  proof: FeeProof;
  /** The coprocessor's own attestation, which the commitment names. */
  attestation: Attestation;
  /** The relay's BLS key, 48 bytes. */
  relay: Hex;
}

const NO_G1: G1 = { xh: 0n, xl: 0n, yh: 0n, yl: 0n };
const NO_G2: G2 = { x0h: 0n, x0l: 0n, x1h: 0n, x1l: 0n, y0h: 0n, y0l: 0n, y1h: 0n, y1l: 0n };

/**
 * The id under which the escrow counts a fee once: keccak256(commitment's signing root ‖ validator's key_root).
 *
 * @param context with the root of the relay that the commitment is bound to.
 */
export function feeIdOf({ commitment }: Pick<FeeProof, 'commitment'>, context: SigningContext): Hex {
  const committed = signingRoot(Commitment, commitment.message, context);
  return keccak256(concat([committed, keyRoot(commitment.validator)]));
}

/**
 * Draws a fee without a voucher: proves that it is owed and pays it from the operator's escrow; by anybody.
 *
 * @throws {Error} of blst for a key or signature that is no point: it would burn nearly all gas on chain.
 */
export function drawCall({ escrow }: Pick<OdfContracts, 'escrow'>, evidence: DrawEvidence): ChainCall {
  const args = [feeArgument(evidence)] as const;
  return { to: escrow, data: encodeFunctionData({ abi: feeEscrowAbi, functionName: 'draw', args }), value: 0n };
}

function feeArgument({ proof, attestation, relay }: DrawEvidence): FeeArgument {
  const { commitment, enrollment, award } = proof;
  return {
    enrollment: enrollmentArgument(enrollment.message, keyRoot(relay)),
    operatorSignature: enrollment.operator_signature,
    validatorKey: g1Of(commitment.validator),
    ...delegationArguments(proof.delegation),
    commitment: commitmentArgument(commitment.message),
    commitmentSignature: g2Of(commitment.signature),
    attestation: attestationArgument(attestation),
    award: awardArgument(award.award.message),
    relayKey: g1Of(relay),
    awardSignature: g2Of(award.award.signature),
    leaf: leafArgument(award),
  };
}

function enrollmentArgument(message: Enrollment, relayRoot: Hex): FeeArgument['enrollment'] {
  return {
    validatorRoot: keyRoot(message.validator),
    operator: message.operator,
    avsId: message.avs_id,
    policyRoot: message.policy_root,
    relayRoot,
    validFrom: message.valid_from,
    validUntil: message.valid_until,
    nonce: message.nonce,
  };
}

/** Zeros where the validator key itself signed the commitment. */
function delegationArguments(
  given: FeeProof['delegation'],
): Pick<FeeArgument, 'delegation' | 'delegateKey' | 'delegationSignature'> {
  if (!given) {
    const delegation = { validatorRoot: zeroHex(32), delegateRoot: zeroHex(32), validUntil: 0n, nonce: 0n };
    return { delegation, delegateKey: NO_G1, delegationSignature: NO_G2 };
  }
  const { validator, delegate, valid_until, nonce } = given.message;
  return {
    delegation: {
      validatorRoot: keyRoot(validator),
      delegateRoot: keyRoot(delegate),
      validUntil: valid_until,
      nonce,
    },
    delegateKey: g1Of(delegate),
    delegationSignature: g2Of(given.signature),
  };
}

function commitmentArgument(message: Commitment): FeeArgument['commitment'] {
  return {
    auctionId: message.auction_id,
    taskId: message.task_id,
    coprocessorRoot: keyRoot(message.coprocessor),
    attestationRoot: message.attestation_root,
    feeWei: message.fee_wei,
  };
}
