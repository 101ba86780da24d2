import type { Hex } from '@odf/protocol';
import { BaseError, encodeFunctionData, ExecutionRevertedError, parseAbi, type PublicClient } from 'viem';

const erc1271Abi = parseAbi(['function isValidSignature(bytes32 hash, bytes signature) view returns (bytes4)']);

/** The whole word that a contract answers with, as the settlement's own contracts demand it. */
const MAGIC_WORD = `0x1626ba7e${'00'.repeat(28)}`;

/**
 * Whether the contract at `address` takes `signature` as its own over `digest` (ERC-1271).
 *
 * @returns false where there is no contract, it reverts, or it answers anything else.
 * @throws what the client throws when the node does not answer.
 */
export async function isContractSignature(
  client: PublicClient,
  address: Hex,
  digest: Hex,
  signature: Hex,
): Promise<boolean> {
  const data = encodeFunctionData({ abi: erc1271Abi, functionName: 'isValidSignature', args: [digest, signature] });
  try {
    return (await client.call({ to: address, data })).data?.slice(0, MAGIC_WORD.length) === MAGIC_WORD;
  } catch (error) {
    if (isRevert(error)) return false;
    throw error;
  }
}

/** What nodes say when the contract's code failed, each in its words; everything else is the node's own trouble. */
const CODE_FAILED = /revert|EVM error|opcode|out of gas|invalid jump|stack (under|over)flow/i;

function isRevert(error: unknown): boolean {
  if (!(error instanceof BaseError)) return false;
  return error.walk((each) => each instanceof ExecutionRevertedError) !== null || CODE_FAILED.test(error.details ?? '');
}
