import { type Hex } from '@odf/protocol';
import { hashTypedData, keccak256 } from 'viem';

/** How operators sign an AVS's responses; `none`: the AVS's own executor signs elsewhere. */
export type ResponseScheme = 'secp256k1-eip712' | 'bn254-g1' | 'none';

/** The task that a response answers. */
export interface ResponseTask {
  avs_id: Hex;
  task_id: Hex;
  chain_id: bigint;
  /** The AVS's contract: EIP-712 `verifyingContract`. */
  avs: Hex;
}

/** What an operator signs. */
export interface ResponseDigest {
  scheme: ResponseScheme;
  /** 32 bytes, the same for every operator. */
  digest: Hex;
}

const types = {
  TaskResponse: [
    { name: 'avsId', type: 'bytes32' },
    { name: 'taskId', type: 'bytes32' },
    { name: 'resultHash', type: 'bytes32' },
  ],
} as const;

/**
 * Exactly what the AVS signature covers: the EIP-712 digest of
 * `TaskResponse(bytes32 avsId,bytes32 taskId,bytes32 resultHash)`, `resultHash = keccak256(result)`, in the domain
 * `{name: "ODF AVS", version: "1", chainId, verifyingContract: avs}`; BN254 signs the same digest.
 */
export function responseDigest(task: ResponseTask, result: Uint8Array, scheme: ResponseScheme): ResponseDigest {
  const digest = hashTypedData({
    domain: { name: 'ODF AVS', version: '1', chainId: task.chain_id, verifyingContract: task.avs },
    types,
    primaryType: 'TaskResponse',
    message: { avsId: task.avs_id, taskId: task.task_id, resultHash: keccak256(result) },
  });
  return { scheme, digest };
}
