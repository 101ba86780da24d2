import { keyRoot, type Attestation, type Award, type AwardProof } from '@odf/protocol';
import type { ContractFunctionArgs } from 'viem';
import type { feeEscrowAbi } from '../contracts/index.js';

/** `IFeeEscrow.Fee` as viem takes it. */
export type FeeArgument = ContractFunctionArgs<typeof feeEscrowAbi, 'nonpayable', 'draw'>[0];

/** `Types.Attestation`. */
export function attestationArgument(message: Attestation): FeeArgument['attestation'] {
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

/** `Types.Award`; the coprocessor stands by its key root. */
export function awardArgument(message: Award): FeeArgument['award'] {
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

/** `Types.LeafProof`. */
export function leafArgument({ leaf, index, branch }: AwardProof): FeeArgument['leaf'] {
  const { validator_root, operator, max_liability, fee_wei } = leaf;
  return {
    leaf: { validatorRoot: validator_root, operator, maxLiability: max_liability, feeWei: fee_wei },
    index: BigInt(index),
    branch,
  };
}
