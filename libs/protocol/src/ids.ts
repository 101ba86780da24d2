import { encodeAbiParameters, keccak256, pad } from 'viem';
import { createHash } from 'node:crypto';
import { fromHex, toHex, zeroHex, type Hex } from './hex.js';

/** SHA-256 as hex. */
export function sha256(bytes: Uint8Array): Hex {
  return toHex(createHash('sha256').update(bytes).digest());
}

/** Identity of an AVS: `keccak256(abi.encode(chain_id, avs, operator_set_id))`. */
export function avsId(chainId: bigint, avs: Hex, operatorSetId: number): Hex {
  return keccak256(
    encodeAbiParameters([{ type: 'uint256' }, { type: 'address' }, { type: 'uint32' }], [chainId, avs, operatorSetId]),
  );
}

/** The AVS's own task reference as 32 bytes: zeros on the left, or keccak256 when longer. */
export function nativeRef32(nativeRef: Hex): Hex {
  return nativeRef.length > 66 ? keccak256(nativeRef) : pad(nativeRef, { size: 32 });
}

/** Identity of a task: `keccak256(abi.encode(avs_id, native_ref))`. */
export function taskId(avs: Hex, nativeRef: Hex): Hex {
  return keccak256(encodeAbiParameters([{ type: 'bytes32' }, { type: 'bytes32' }], [avs, nativeRef32(nativeRef)]));
}

/** Identity of an auction; `task` only in task mode. */
export function auctionId(id: { avs: Hex; termStartMs: bigint; round: number; task?: Hex | undefined }): Hex {
  const numbers = Buffer.alloc(12);
  numbers.writeBigUInt64BE(id.termStartMs, 0);
  numbers.writeUInt32BE(id.round, 8);
  return toHex(
    createHash('sha256')
      .update(fromHex(id.avs))
      .update(numbers)
      .update(fromHex(id.task ?? zeroHex(32)))
      .digest(),
  );
}
