import { approveCall, depositCall, NATIVE_ASSET } from '@odf/settlement';
import type { Hex } from '@odf/protocol';
import { requireFunds, sendFunded, type SettlementDesk } from './desk.js';
import type { Collateral } from './ports.js';

/** Collateral of one asset. */
export type AssetCollateral = Collateral & { asset: Hex };

/**
 * Deposits what an asset's collateral lacks, and returns what is there then; never takes any out.
 *
 * @throws {Blocked} when the owner's account does not hold it.
 */
export async function keepDeposited(
  desk: SettlementDesk,
  { asset, wei }: { asset: Hex; wei: bigint },
  signal: AbortSignal,
): Promise<AssetCollateral> {
  const { chain, owner, deployment } = desk;
  const before = await chain.collateral(owner, asset);
  const kept = before.totalWei - before.unbondingWei;
  if (kept >= wei) return { asset, ...before };
  const missing = wei - kept;
  await requireFunds(chain, owner, asset, missing);
  // The account's nonce makes the same deposit a new one once the last has been mined, and not before.
  if (asset !== NATIVE_ASSET && (await chain.allowanceWei(owner, asset)) < missing) {
    const nonce = await chain.nonceOf(owner);
    await sendFunded(desk, `approve:${asset}:${missing}:${nonce}`, approveCall(deployment, asset, missing), signal);
  }
  const nonce = await chain.nonceOf(owner);
  const call = depositCall(deployment, owner, asset, missing);
  await sendFunded(desk, `deposit:${asset}:${kept}:${wei}:${nonce}`, call, signal);
  return { asset, ...(await chain.collateral(owner, asset)) };
}
