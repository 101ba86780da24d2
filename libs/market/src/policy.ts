import type { TrustPolicy, TrustTier } from '@odf/protocol';

const FEE_GRID_BPS = 50;
const REPUTATION_GRID_BPS = 500;
const COVER_GRID_BPS = [0, 2500, 5000, 9000] as const;
const SLASHABLE_GRID_WEI = 32n * 10n ** 18n;
const FULL_BPS = 10_000n;
const MAX_UINT256 = 2n ** 256n - 1n;

/** Fee in wei of one unit and task: `⌊bps · reward_ref / 10000⌋`. */
export function feeWei(bps: number, rewardRefWei: bigint): bigint {
  return (BigInt(bps) * rewardRefWei) / FULL_BPS;
}

/** Highest share in bps whose fee stays within both limits of the policy. */
export function maxFeeBps(policy: TrustPolicy, rewardRefWei: bigint): number {
  if (rewardRefWei === 0n) return policy.max_fee_share_bps;
  const within = ((policy.max_fee_wei + 1n) * FULL_BPS - 1n) / rewardRefWei;
  return within < BigInt(policy.max_fee_share_bps) ? Number(within) : policy.max_fee_share_bps;
}

/** Cover in wei that a tier demands of every unit, rounded up. */
export function demandedCoverWei(policy: TrustPolicy, tier: TrustTier): bigint {
  const bps = BigInt(Math.max(0, tier.collateral.cover_bps - tier.discount_bps));
  return (policy.slashable_wei * bps + FULL_BPS - 1n) / FULL_BPS;
}

function upTo(grid: readonly number[], value: number): number {
  return grid.find((step) => step >= value) ?? value;
}

function quantiseTier(tier: TrustTier): TrustTier {
  const reputation = Math.ceil(tier.min_reputation_bps / REPUTATION_GRID_BPS) * REPUTATION_GRID_BPS;
  return {
    ...tier,
    collateral: { ...tier.collateral, cover_bps: upTo(COVER_GRID_BPS, tier.collateral.cover_bps) },
    min_reputation_bps: tier.min_reputation_bps > 10_000 ? tier.min_reputation_bps : reputation,
  };
}

/**
 * The policy on the grid of classes, never looser than the original (MARKET.md, "Classes").
 *
 * With the reward reference (wei), `max_fee_wei` is folded into the share, so that policies that differ only in how they say it share a class.
 */
export function quantisePolicy(policy: TrustPolicy, rewardRefWei?: bigint): TrustPolicy {
  const share = rewardRefWei === undefined ? policy.max_fee_share_bps : maxFeeBps(policy, rewardRefWei);
  const shareBps = share - (share % FEE_GRID_BPS);
  const slashable = ((policy.slashable_wei + SLASHABLE_GRID_WEI - 1n) / SLASHABLE_GRID_WEI) * SLASHABLE_GRID_WEI;
  return {
    ...policy,
    max_fee_share_bps: shareBps,
    max_fee_wei: rewardRefWei === undefined ? policy.max_fee_wei : feeWei(shareBps, rewardRefWei),
    slashable_wei: slashable > MAX_UINT256 ? policy.slashable_wei : slashable,
    tiers: policy.tiers.map(quantiseTier),
  };
}
