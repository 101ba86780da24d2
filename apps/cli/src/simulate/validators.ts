import { classesOf, type Demand, type LiveEnrollment } from '@odf/market';
import type { Hex, TrustPolicy, TrustTier } from '@odf/protocol';
import type { MarketRules } from './market-rules.js';
import type { Random } from './random.js';
import { FULL_COVER_BPS, REWARD_WEI, STAKE_WEI } from './units.js';

/** How many operators the validators belong to; the largest has about a tenth. */
const OPERATORS = 120;

const POSTED = 1;
const NO_COLLATERAL = 0;

/** What validators ask for, and how many of a hundred do. */
interface Preference {
  weight: number;
  tiers: TrustTier[];
}

function tier(coverBps: number, minReputationBps = 0): TrustTier {
  const kind = coverBps > 0 ? POSTED : NO_COLLATERAL;
  return {
    collateral: { kind, assets: [], cover_bps: coverBps },
    min_reputation_bps: minReputationBps,
    assurance: 0,
    discount_bps: 0,
  };
}

/** Full cover, full cover or a good record, full cover of somebody known, and a few who carry half themselves. */
const PREFERENCES: readonly Preference[] = [
  { weight: 48, tiers: [tier(FULL_COVER_BPS)] },
  { weight: 34, tiers: [tier(FULL_COVER_BPS), tier(0, 8500)] },
  { weight: 14, tiers: [tier(FULL_COVER_BPS, 8000)] },
  { weight: 4, tiers: [tier(FULL_COVER_BPS), tier(5000, 8000)] },
];

const MAX_FEES_BPS = [2000, 2500, 3000] as const;

/** A validator with its policy by index. */
interface Validator {
  root: Hex;
  operator: Hex;
  policy: TrustPolicy;
}

/** Validators in 36 classes: four preferences, three fees, and nobody, one or another coprocessor denied. */
export function validatorsOf(random: Random, count: number, denied: readonly Hex[]): Validator[] {
  const deny = [[], [denied[0]!], [denied[1]!]];
  const policies = PREFERENCES.flatMap(({ tiers }) =>
    MAX_FEES_BPS.flatMap((fee) =>
      deny.map((list): TrustPolicy => {
        const max_fee_wei = 2n ** 128n;
        return { max_fee_share_bps: fee, max_fee_wei, slashable_wei: STAKE_WEI, tiers, allow: [], deny: list };
      }),
    ),
  );
  const perPreference = MAX_FEES_BPS.length * deny.length;
  const operatorOf = operatorDraw(random);
  return Array.from({ length: count }, (_, index) => ({
    root: random.bytes(32, `validator ${index}`),
    operator: operatorOf(),
    policy: policies[preferenceOf(random) * perPreference + random.below(perPreference)]!,
  }));
}

function preferenceOf(random: Random): number {
  let drawn = random.below(100);
  return PREFERENCES.findIndex(({ weight }) => (drawn -= weight) < 0);
}

/** Operators by Zipf's law, flattened: stake is concentrated, but nobody has more than about a tenth. */
function operatorDraw(random: Random): () => Hex {
  const operators = Array.from({ length: OPERATORS }, (_, index) => random.bytes(20, `operator ${index}`));
  const weights = operators.map((_, index) => 1 / (index + 3));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return () => {
    let drawn = random.unit() * total;
    return operators[weights.findIndex((weight) => (drawn -= weight) < 0)] ?? operators[0]!;
  };
}

/** The demand side under the rules of a market, which may know less of what validators want. */
export function demandUnder(rules: MarketRules, validators: readonly Validator[]): Demand {
  const seen = new Map<TrustPolicy, TrustPolicy>();
  const enrollments = validators.map(({ root, operator, policy }): LiveEnrollment => {
    const known = seen.get(policy) ?? policyUnder(rules, policy);
    seen.set(policy, known);
    return { validator_root: root, operator, policy: known };
  });
  return classesOf(enrollments, { rewardRefWei: REWARD_WEI });
}

function policyUnder({ asks }: MarketRules, policy: TrustPolicy): TrustPolicy {
  const bare = { ...policy, tiers: [tier(0)] };
  if (asks === 'nothing') return { ...bare, deny: [] };
  if (asks === 'reputation') return { ...policy, tiers: policy.tiers.map((one) => tier(0, one.min_reputation_bps)) };
  if (asks === 'half cover') return { ...policy, tiers: [tier(5000)] };
  if (asks === 'all') return policy;
  // Without records a tier that trusts a record alone would trust everybody.
  const covered = policy.tiers.filter(({ collateral }) => collateral.cover_bps > 0);
  return { ...policy, tiers: covered.map(({ collateral }) => tier(collateral.cover_bps)) };
}
