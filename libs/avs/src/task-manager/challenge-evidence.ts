import { concatBytes, fromHex, toHex, type Hex } from '@odf/protocol';
import { encodeFunctionData } from 'viem';
import { fieldElementsRoot, merkleBranch } from '../kzg-da/field-elements-tree.js';
import {
  FIELD_ELEMENT_BYTES,
  kzgFieldElements,
  KZG_RESULT_BYTES,
  KZG_WITNESS_BYTES,
  splitKzgResult,
} from '../kzg-da/layout.js';
import { trustedSetup } from '../kzg-da/trusted-setup.js';
import { evaluationPoint } from './evaluation-point.js';
import { taskManagerAbi } from './task-manager-abi.js';

/** The response that is to be proved wrong. */
export interface ChallengedResponse {
  taskId: Hex;
  operator: Hex;
  result: Uint8Array;
}

/** Calldata of a task manager that proves a response wrong. */
export interface ChallengeEvidence {
  fault: 'commitment' | 'leaf';
  data: Hex;
}

/** The first field element in which two extended blobs differ, or -1. */
function firstDifference(left: Uint8Array, right: Uint8Array): number {
  for (let at = 0; at < left.length; at += FIELD_ELEMENT_BYTES) {
    const end = at + FIELD_ELEMENT_BYTES;
    if (Buffer.compare(left.subarray(at, end), right.subarray(at, end)) !== 0) return at / FIELD_ELEMENT_BYTES;
  }
  return -1;
}

/**
 * Proves a `kzg-da` response to a blob wrong, where that can be proved: by a commitment that is not the blob's, or by one
 * field element under the response's root that the commitment contradicts.
 *
 * @param witness what the response's root stands over; without it no element under the root can be shown.
 * @returns null when the response is right, or its root does not stand over this witness.
 */
export async function challengeEvidence(
  blob: Uint8Array,
  { taskId, operator, result }: ChallengedResponse,
  witness: Uint8Array,
): Promise<ChallengeEvidence | null> {
  if (result.length !== KZG_RESULT_BYTES || witness.length !== KZG_WITNESS_BYTES) return null;
  const setup = trustedSetup('verify');
  const { commitment, root } = splitKzgResult(result);
  const right = await setup.asyncBlobToKzgCommitment(blob);
  if (Buffer.compare(commitment, right) !== 0) {
    const args = [taskId, operator, toHex(result)] as const;
    return {
      fault: 'commitment',
      data: encodeFunctionData({ abi: taskManagerAbi, functionName: 'challengeCommitment', args }),
    };
  }
  const elements = kzgFieldElements(witness);
  if (Buffer.compare(fieldElementsRoot(elements), root) !== 0) return null;
  const index = firstDifference(elements, concatBytes(...(await setup.asyncComputeCells(blob))));
  if (index === -1) return null;
  const { leaf, branch } = merkleBranch(witness, index);
  const [proof, y] = (await setup.asyncComputeKzgProof(blob, fromHex(evaluationPoint(index)))) as [
    Uint8Array,
    Uint8Array,
  ];
  const args = [taskId, operator, toHex(result), BigInt(index), leaf, branch, toHex(y), toHex(proof)] as const;
  return { fault: 'leaf', data: encodeFunctionData({ abi: taskManagerAbi, functionName: 'challengeLeaf', args }) };
}
