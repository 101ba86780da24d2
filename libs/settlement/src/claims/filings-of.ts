import type { ClaimEvidence, Hex } from '@odf/protocol';
import { parseAbiItem, TransactionReceiptNotFoundError, type PublicClient } from 'viem';
import { ClaimRefusal } from '../claim-desk.js';

const claimFiled = parseAbiItem(
  'event ClaimFiled(bytes32 indexed claimId, bytes32 indexed lineId, address indexed operator, bytes32 taskId, uint256 amount, uint64 finalisableAt)',
);

/**
 * Ids of the claims that were filed on a slash, oldest first; a vetoed one that was filed again is there twice.
 *
 * @param claims the FraudClaims contract.
 * @throws {ClaimRefusal} unconfirmed while the slash is in no block; refused where the evidence names none.
 */
export async function filingsOf(
  client: PublicClient,
  claims: Hex,
  { slash, operator, attestation }: Pick<ClaimEvidence, 'slash' | 'operator' | 'attestation'>,
): Promise<Hex[]> {
  if (!slash) throw new ClaimRefusal('refused', 'the evidence names no slash');
  const { blockNumber: fromBlock } = await client
    .getTransactionReceipt({ hash: slash.transaction })
    .catch((cause: unknown) => {
      if (!(cause instanceof TransactionReceiptNotFoundError)) throw cause;
      throw new ClaimRefusal('unconfirmed', `the slash ${slash.transaction} is in no block`);
    });
  const { line_id: lineId, task_id } = attestation.message;
  const filed = { address: claims, event: claimFiled, args: { lineId, operator } } as const;
  const logs = await client.getLogs({ ...filed, fromBlock, strict: true });
  return logs.filter(({ args }) => args.taskId === task_id).map(({ args }) => args.claimId);
}
