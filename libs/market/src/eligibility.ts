import type { Hex, TrustPolicy, TrustTier } from '@odf/protocol';
import { demandedCoverWei, feeWei } from './policy.js';
import { MISMATCHES, type Mismatch } from './reasons.js';
import { ONE, reputationFloor } from './reputation/bounds.js';
import type { LineSnapshot, ReputationSnapshot } from './types.js';

/** One basis point in the fixed point of reputations. */
const BPS = Number(ONE) / 10_000;
const COLLATERAL_NONE = 0;
const COLLATERAL_EITHER = 3;

/** What is offered to a validator: by a bid in the auction, or by an award that a sidecar checks. */
export interface Offer {
  coprocessor: Hex;
  /** Fee of one unit and task in wei. */
  fee_wei: bigint;
  /** Reward per unit and task in wei that the policy's share refers to. */
  reward_ref_wei: bigint;
  cover_wei_per_unit: bigint;
  /** Kind and asset of the line behind the cover; null without collateral. */
  line: Pick<LineSnapshot, 'asset' | 'kind'> | null;
  /** Left out when the caller cannot know it: reputation floors are then not checked. */
  reputation?: ReputationSnapshot;
  /** Assurance bits that are given and checked on every delivery. */
  assurance: number;
  /** Asset that the AVS slashes; null when any may. */
  slashed_asset: Hex | null;
}

/** The tier that an offer meets, or what keeps it from the tier that it comes closest to. */
export type Acceptance = { ok: true; tier: number } | { ok: false; reason: Mismatch };

/** A policy with what every check of it needs worked out. */
export interface CompiledPolicy {
  policy: TrustPolicy;
  /** Per tier. */
  demandedWei: readonly bigint[];
}

/** The backing of an offer, its fee left aside; the same for all steps of a bid. */
export interface Backing extends Omit<Offer, 'fee_wei' | 'reward_ref_wei' | 'reputation'> {
  /** Lower bound in 1e9 fixed point; null when it is not checked. */
  reputation_floor: number | null;
}

/** Prepares a policy for many checks. */
export function compilePolicy(policy: TrustPolicy): CompiledPolicy {
  return { policy, demandedWei: policy.tiers.map((tier) => demandedCoverWei(policy, tier)) };
}

/** Whether an offer meets a policy, and why not (MARKET.md, "Eligibility"); the relay and the sidecar decide by this alone. */
export function isAcceptable(policy: TrustPolicy, offer: Offer): Acceptance {
  const backing: Backing = {
    ...offer,
    reputation_floor: offer.reputation ? Number(reputationFloor(offer.reputation)) : null,
  };
  const denied = denialOf(policy, offer.coprocessor);
  if (denied) return { ok: false, reason: denied };
  if (offer.fee_wei > policy.max_fee_wei) return { ok: false, reason: 'FEE_TOO_HIGH' };
  if (offer.fee_wei > feeWei(policy.max_fee_share_bps, offer.reward_ref_wei)) {
    return { ok: false, reason: 'FEE_SHARE_TOO_HIGH' };
  }
  return matchTiers(compilePolicy(policy), backing);
}

/** Whether a policy's lists exclude a coprocessor. */
export function denialOf(policy: TrustPolicy, coprocessor: Hex): Mismatch | null {
  if (policy.deny.includes(coprocessor)) return 'DENIED';
  return policy.allow.length > 0 && !policy.allow.includes(coprocessor) ? 'NOT_ALLOWED' : null;
}

/** The first tier that the backing meets; fees and lists are left aside. */
export function matchTiers(compiled: CompiledPolicy, backing: Backing): Acceptance {
  let closest: Mismatch = 'NO_TIER';
  for (const [tier, rule] of compiled.policy.tiers.entries()) {
    const reason = mismatchOf(rule, compiled.demandedWei[tier]!, backing);
    if (reason === null) return { ok: true, tier };
    if (MISMATCHES.indexOf(reason) > MISMATCHES.indexOf(closest)) closest = reason;
  }
  return { ok: false, reason: closest };
}

function mismatchOf(tier: TrustTier, demandedWei: bigint, backing: Backing): Mismatch | null {
  if ((tier.assurance & ~backing.assurance) !== 0) return 'ASSURANCE_MISSING';
  const floor = backing.reputation_floor;
  if (floor !== null && floor < tier.min_reputation_bps * BPS) return 'REPUTATION_TOO_LOW';
  return demandedWei === 0n ? null : collateralMismatch(tier, demandedWei, backing);
}

function collateralMismatch(tier: TrustTier, demandedWei: bigint, backing: Backing): Mismatch | null {
  const { kind, assets } = tier.collateral;
  const { line } = backing;
  if (line === null) return 'COLLATERAL_MISSING';
  // A tier that demands cover of no kind is met by none: the validator never gets less than it asked for.
  if (kind === COLLATERAL_NONE || (kind !== COLLATERAL_EITHER && kind !== line.kind)) return 'COLLATERAL_KIND';
  const wrongAsset = backing.slashed_asset !== null && backing.slashed_asset !== line.asset;
  if (wrongAsset || (assets.length > 0 && !assets.includes(line.asset))) return 'COLLATERAL_ASSET';
  return backing.cover_wei_per_unit < demandedWei ? 'COVER_TOO_LOW' : null;
}
