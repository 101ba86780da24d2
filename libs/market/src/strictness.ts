import type { CollateralRule, TrustPolicy, TrustTier } from '@odf/protocol';
import { demandedCoverWei } from './policy.js';

const COLLATERAL_EITHER = 3;

/** Index of the candidate that demands at least all that `policy` does and the least beyond it; −1 when there is none. */
export function nearestStricter(policy: TrustPolicy, candidates: readonly TrustPolicy[]): number {
  let nearest = -1;
  candidates.forEach((candidate, index) => {
    if (!isAsStrict(candidate, policy)) return;
    if (nearest < 0 || isNearer(candidate, candidates[nearest]!)) nearest = index;
  });
  return nearest;
}

/** Whether whatever `stricter` accepts, `policy` accepts too. */
export function isAsStrict(stricter: TrustPolicy, policy: TrustPolicy): boolean {
  return (
    stricter.max_fee_share_bps <= policy.max_fee_share_bps &&
    stricter.max_fee_wei <= policy.max_fee_wei &&
    policy.deny.every((key) => stricter.deny.includes(key) || excludes(stricter.allow, key)) &&
    (policy.allow.length === 0 || (stricter.allow.length > 0 && isSubset(stricter.allow, policy.allow))) &&
    stricter.tiers.every((tier) => policy.tiers.some((asked) => isTierAsStrict(stricter, tier, policy, asked)))
  );
}

function excludes(allow: readonly string[], key: string): boolean {
  return allow.length > 0 && !allow.includes(key);
}

function isSubset(some: readonly string[], all: readonly string[]): boolean {
  return some.every((item) => all.includes(item));
}

function isTierAsStrict(stricter: TrustPolicy, tier: TrustTier, policy: TrustPolicy, asked: TrustTier): boolean {
  const askedWei = demandedCoverWei(policy, asked);
  return (
    (asked.assurance & ~tier.assurance) === 0 &&
    tier.min_reputation_bps >= asked.min_reputation_bps &&
    demandedCoverWei(stricter, tier) >= askedWei &&
    (askedWei === 0n || isCollateralWithin(tier.collateral, asked.collateral))
  );
}

function isCollateralWithin(rule: CollateralRule, asked: CollateralRule): boolean {
  const kindFits = asked.kind === COLLATERAL_EITHER || rule.kind === asked.kind;
  return kindFits && (asked.assets.length === 0 || (rule.assets.length > 0 && isSubset(rule.assets, asked.assets)));
}

/** Of two policies that are strict enough: the higher fee, then the lower cover, then the lower reputation. */
function isNearer(policy: TrustPolicy, known: TrustPolicy): boolean {
  if (policy.max_fee_share_bps !== known.max_fee_share_bps) return policy.max_fee_share_bps > known.max_fee_share_bps;
  const [cover, knownCover] = [leastCoverWei(policy), leastCoverWei(known)];
  if (cover !== knownCover) return cover < knownCover;
  return leastReputation(policy) < leastReputation(known);
}

function leastCoverWei(policy: TrustPolicy): bigint {
  return policy.tiers
    .map((tier) => demandedCoverWei(policy, tier))
    .reduce((least, wei) => (wei < least ? wei : least), 2n ** 256n);
}

function leastReputation(policy: TrustPolicy): number {
  return Math.min(...policy.tiers.map((tier) => tier.min_reputation_bps));
}
