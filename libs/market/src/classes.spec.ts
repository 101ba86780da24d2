import fc from 'fast-check';
import { TrustPolicy } from '@odf/protocol';
import { bytes, enrollmentsOf, policyOf } from '../test/auction.fixture.js';
import { classesOf } from './classes.js';
import { isAcceptable, type Offer } from './eligibility.js';
import { feeWei, maxFeeBps, quantisePolicy } from './policy.js';
import { isAsStrict } from './strictness.js';

const ETHER = 10n ** 18n;
const REFERENCE = ETHER / 100n;

const tier: fc.Arbitrary<TrustPolicy['tiers'][number]> = fc.record({
  collateral: fc.record({
    kind: fc.integer({ min: 0, max: 3 }),
    assets: fc.subarray([bytes(20, 0), bytes(20, 1)]),
    cover_bps: fc.integer({ min: 0, max: 9000 }),
  }),
  min_reputation_bps: fc.integer({ min: 0, max: 10_000 }),
  assurance: fc.integer({ min: 0, max: 3 }),
  discount_bps: fc.constantFrom(0, 1000, 5000),
});
const keys = [1, 2, 3].map((tag) => bytes(48, tag));
const policies: fc.Arbitrary<TrustPolicy> = fc.record({
  max_fee_share_bps: fc.integer({ min: 0, max: 10_000 }),
  max_fee_wei: fc.bigInt(0n, REFERENCE),
  slashable_wei: fc.bigInt(0n, 100n * ETHER),
  tiers: fc.array(tier, { minLength: 1, maxLength: 2 }),
  allow: fc.subarray(keys),
  deny: fc.subarray(keys),
});
const offers: fc.Arbitrary<Offer> = fc.record({
  coprocessor: fc.constantFrom(...keys),
  fee_wei: fc.integer({ min: 0, max: 3000 }).map((bps) => feeWei(bps, REFERENCE)),
  reward_ref_wei: fc.constant(REFERENCE),
  cover_wei_per_unit: fc.bigInt(0n, 100n * ETHER),
  line: fc.option(fc.record({ asset: fc.constantFrom(bytes(20, 0), bytes(20, 1)), kind: fc.constantFrom(1, 2) })),
  reputation: fc.bigInt(0n, 10n ** 12n).map((good) => ({ live_r: good, live_s: 0n, safe_r: good, safe_s: 0n })),
  assurance: fc.integer({ min: 0, max: 3 }),
  slashed_asset: fc.constantFrom(null, bytes(20, 0)),
});

describe('policy classes', () => {
  it("quantises in the validator's favour", () => {
    const collateral = { kind: 3, assets: [], cover_bps: 2501 };
    const policy = policyOf({
      max_fee_share_bps: 1999,
      slashable_wei: 33n * ETHER,
      tiers: [{ collateral, min_reputation_bps: 8501, assurance: 1, discount_bps: 700 }],
    });
    expect(quantisePolicy(policy)).toEqual({
      ...policy,
      max_fee_share_bps: 1950,
      slashable_wei: 64n * ETHER,
      tiers: [{ ...policy.tiers[0], collateral: { ...collateral, cover_bps: 5000 }, min_reputation_bps: 9000 }],
    });
  });

  it('folds the fee limit in wei into the share', () => {
    const policy = policyOf({ max_fee_share_bps: 2000, max_fee_wei: feeWei(1234, REFERENCE) });
    expect(maxFeeBps(policy, REFERENCE)).toBe(1234);
    expect(quantisePolicy(policy, REFERENCE)).toMatchObject({
      max_fee_share_bps: 1200,
      max_fee_wei: feeWei(1200, REFERENCE),
    });
  });

  it('the highest share within the fee limit is exact', () =>
    fc.assert(
      fc.property(fc.bigInt(1n, 10n ** 18n), fc.bigInt(0n, 10n ** 18n), (reference, limit) => {
        const policy = policyOf({ max_fee_share_bps: 65_535, max_fee_wei: limit });
        const share = maxFeeBps(policy, reference);
        expect(feeWei(share, reference) <= limit).toBe(true);
        if (share < 65_535) expect(feeWei(share + 1, reference) > limit).toBe(true);
      }),
    ));

  it('whoever meets the quantised policy meets the original; quantising twice changes nothing', () =>
    fc.assert(
      fc.property(policies, offers, (policy, offer) => {
        const quantised = quantisePolicy(policy, REFERENCE);
        expect(quantisePolicy(quantised, REFERENCE)).toEqual(quantised);
        expect(isAsStrict(quantised, policy)).toBe(true);
        if (isAcceptable(quantised, offer).ok) expect(isAcceptable(policy, offer).ok).toBe(true);
      }),
      { numRuns: 2000 },
    ));

  it('whoever meets a stricter policy meets the looser one', () =>
    fc.assert(
      fc.property(policies, policies, offers, (stricter, policy, offer) => {
        if (isAsStrict(stricter, policy) && isAcceptable(stricter, offer).ok) {
          expect(isAcceptable(policy, offer).ok).toBe(true);
        }
      }),
      { numRuns: 2000 },
    ));

  it('gives the same classes and members in whatever order validators come', () => {
    const enrollments = enrollmentsOf([
      [5, policyOf()],
      [3, policyOf({ max_fee_share_bps: 1010 })],
      [4, policyOf({ max_fee_share_bps: 1049 })],
    ]);
    const demand = classesOf(enrollments);
    expect(demand.classes.map(({ count }) => count).sort()).toEqual([5, 7]);
    expect(demand.classes.every(({ root, policy }) => root === TrustPolicy.root(policy))).toBe(true);
    const keysOf = demand.members.map(({ class_index, validator_root }) => `${class_index}${validator_root}`);
    expect(keysOf).toEqual([...keysOf].sort());
    expect(classesOf([...enrollments].reverse())).toEqual(demand);
  });

  it('lets an overflow join the nearest stricter class, or refuses it', () => {
    const deny = [bytes(48, 1)];
    const enrollments = enrollmentsOf([
      [5, policyOf({ max_fee_share_bps: 1000 })],
      [4, policyOf({ max_fee_share_bps: 1500 })],
      [2, policyOf({ max_fee_share_bps: 1800 })],
      [1, policyOf({ deny })],
    ]);
    const { classes, members, refused } = classesOf(enrollments, { maxClasses: 2 });
    const counts = new Map(classes.map(({ policy, count }) => [policy.max_fee_share_bps, count]));
    expect(counts).toEqual(
      new Map([
        [1000, 5],
        [1500, 6],
      ]),
    );
    expect(members).toHaveLength(11);
    expect(refused).toEqual([{ validator_root: enrollments[11]!.validator_root, reason: 'POLICY_TOO_PARTICULAR' }]);
  });
});

describe('acceptance', () => {
  const offer: Offer = {
    coprocessor: bytes(48, 1),
    fee_wei: feeWei(1000, REFERENCE),
    reward_ref_wei: REFERENCE,
    cover_wei_per_unit: 16n * ETHER,
    line: { asset: bytes(20, 0), kind: 1 },
    assurance: 0,
    slashed_asset: null,
  };
  const asking = (collateral: object, rest: object = {}): TrustPolicy =>
    policyOf({
      tiers: [
        {
          collateral: { kind: 3, assets: [], cover_bps: 5000, ...collateral },
          min_reputation_bps: 0,
          assurance: 0,
          discount_bps: 0,
          ...rest,
        },
      ],
    });

  it.each<[string, TrustPolicy, Partial<Offer>, string | null]>([
    ['exact cover', asking({}), {}, null],
    ['a wei short', asking({}), { cover_wei_per_unit: 16n * ETHER - 1n }, 'COVER_TOO_LOW'],
    [
      'a discount for assurance',
      asking({ cover_bps: 9000 }, { assurance: 1, discount_bps: 4000 }),
      { assurance: 1 },
      null,
    ],
    ['assurance missing', asking({}, { assurance: 3 }), { assurance: 1 }, 'ASSURANCE_MISSING'],
    ['no line', asking({}), { line: null }, 'COLLATERAL_MISSING'],
    ['the wrong kind', asking({ kind: 2 }), {}, 'COLLATERAL_KIND'],
    ['cover of no kind', asking({ kind: 0 }), {}, 'COLLATERAL_KIND'],
    ['an asset not listed', asking({ assets: [bytes(20, 1)] }), {}, 'COLLATERAL_ASSET'],
    ['an asset that is not slashed', asking({}), { slashed_asset: bytes(20, 1) }, 'COLLATERAL_ASSET'],
    [
      'reputation too low',
      asking({}, { min_reputation_bps: 2000 }),
      { reputation: { live_r: 0n, live_s: 0n, safe_r: 0n, safe_s: 0n } },
      'REPUTATION_TOO_LOW',
    ],
    ['unknown reputation', asking({}, { min_reputation_bps: 2000 }), {}, null],
    ['denied', policyOf({ deny: [bytes(48, 1)] }), {}, 'DENIED'],
    ['not allowed', policyOf({ allow: [bytes(48, 2)] }), {}, 'NOT_ALLOWED'],
    ['allowed', policyOf({ allow: [bytes(48, 1)] }), {}, null],
    ['the share too high', policyOf({ max_fee_share_bps: 999 }), {}, 'FEE_SHARE_TOO_HIGH'],
    ['the fee too high', policyOf({ max_fee_wei: 999n }), {}, 'FEE_TOO_HIGH'],
    ['no tiers', policyOf({ tiers: [] }), {}, 'NO_TIER'],
  ])('%s', (_, policy, changes, reason) => {
    const answer = isAcceptable(policy, { ...offer, ...changes });
    expect(answer.ok ? null : answer.reason).toBe(reason);
  });
});
