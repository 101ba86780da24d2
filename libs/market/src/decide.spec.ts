import fc from 'fast-check';
import { AwardLeaf, ListTree, PRICING_RULES, REGISTRY_DEPTH, type Hex } from '@odf/protocol';
import { auctionOf, bytes, policyOf, type BidPlan } from '../test/auction.fixture.js';
import { awardBranch, provesLeaf } from './awards.js';
import { decideAuction } from './decide.js';
import { explainMember } from './explain.js';
import { maxFeeBps } from './policy.js';
import { buildTranscript, parseTranscript, replay, transcriptBytes } from './transcript.js';
import { UNTIL_SETTLED } from './standing.js';
import type { AuctionDecision, AuctionInputs, Role } from './types.js';

const ETHER = 10n ** 18n;
const FROZEN = 1_767_225_599_010n;
const good = { registered: true, suspended_until_ms: 0n, quarantined_until_ms: 0n };
const covered = (cover_bps: number, kind = 3): ReturnType<typeof policyOf>['tiers'] => [
  { collateral: { kind, assets: [], cover_bps }, min_reputation_bps: 0, assurance: 0, discount_bps: 0 },
];

const reasonsOf = (decision: AuctionDecision): (string | null)[] => decision.bids.map((bid) => bid.loss_reason);

describe('deciding an auction', () => {
  it('gives the auction vector of MARKET.md with a penalty of one bp', () => {
    const deny = [bytes(48, 2)];
    const experienced = { live_r: 10n ** 30n, live_s: 0n, safe_r: 0n, safe_s: 0n };
    const plans: BidPlan[] = [
      { coprocessor: 1, steps: [[500, 50]], entry: { reputation: experienced } },
      { coprocessor: 2, steps: [[700, 60]], entry: { reputation: experienced } },
      { coprocessor: 3, steps: [[900, 100]], entry: { reputation: experienced } },
    ];
    const inputs = auctionOf(
      [
        [60, policyOf({ deny })],
        [40, policyOf()],
      ],
      plans,
      { reference_terms: [{ auction_id: bytes(32, 1), median_bps: 870 }] },
    );
    const decision = decideAuction(inputs);
    const classA = inputs.classes.findIndex(({ count }) => count === 60);
    expect(
      decision.ranges.map(({ class_index, seq, units }) => [class_index === classA ? 'A' : 'B', seq, units]).sort(),
    ).toEqual([
      ['A', 1n, 50],
      ['A', 3n, 10],
      ['B', 2n, 40],
    ]);
    expect(decision.awards.map(({ price_bps }) => price_bps)).toEqual([900, 900, 1000]);
  });

  it('pays the bid in a first-price auction, step by step', () => {
    const decision = decideAuction(
      auctionOf(
        [[10, policyOf()]],
        [
          {
            coprocessor: 1,
            steps: [
              [300, 4],
              [500, 9],
            ],
          },
        ],
        { pricing: 'first' },
      ),
    );
    expect(decision.ranges.map(({ step, units, price_bps, fee_wei }) => [step, units, price_bps, fee_wei])).toEqual([
      [0, 4, 300, (300n * ETHER) / 100n / 10_000n],
      [1, 6, 500, (500n * ETHER) / 100n / 10_000n],
    ]);
    expect(decision.bids[0]).toMatchObject({ units: 10, loss_reason: null, limited_by: null });
  });

  it.each<[string, Partial<BidPlan>, string | null]>([
    ['wins', {}, null],
    ['asks too much', { steps: [[2050, 5]] }, 'OVER_RESERVE'],
    ['scores above the max fee', { steps: [[1950, 5]] }, 'OVER_RESERVE'],
    ['withdrew', { steps: [] }, 'CANCELLED'],
    ['expired', { bid: { valid_until: 1_767_225_599n } }, 'EXPIRED'],
    ['lasts a second past the close', { bid: { valid_until: 1_767_225_600n } }, null],
    ['is not bonded', { entry: { standing: { ...good, registered: false } } }, 'SUSPENDED'],
    ['is suspended', { entry: { standing: { ...good, suspended_until_ms: FROZEN + 1n } } }, 'SUSPENDED'],
    ['was suspended', { entry: { standing: { ...good, suspended_until_ms: FROZEN } } }, null],
    ['is quarantined', { entry: { standing: { ...good, quarantined_until_ms: UNTIL_SETTLED } } }, 'SUSPENDED'],
    ['has no line', { entry: { line: null } }, 'LINE_INVALID'],
    [
      'has an invalid line',
      { entry: { line: { asset: bytes(20, 0), kind: 1, free_wei: 9n, valid: false, block_number: 1n } } },
      'LINE_INVALID',
    ],
    [
      'has an empty line',
      { entry: { line: { asset: bytes(20, 0), kind: 1, free_wei: ETHER, valid: true, block_number: 1n } } },
      'COLLATERAL_EXHAUSTED',
    ],
    ['covers too little', { cover: 28n * ETHER }, 'NO_ELIGIBLE_CLASS'],
    [
      'covers in the wrong asset',
      { entry: { line: { asset: bytes(20, 9), kind: 1, free_wei: 99n * ETHER, valid: true, block_number: 1n } } },
      'NO_ELIGIBLE_CLASS',
    ],
    ['is busy', { entry: { capacity: 0 } }, 'CAPPED'],
  ])('a bid that %s', (_, plan, reason) => {
    const policy = policyOf({ tiers: covered(9000, 1) });
    const inputs = auctionOf([[10, policy]], [{ coprocessor: 1, steps: [[500, 10]], cover: 29n * ETHER, ...plan }], {
      slashed_asset: bytes(20, 0),
    });
    expect(reasonsOf(decideAuction(inputs))).toEqual([reason]);
  });

  it('says when only the reputation is missing, and when a rival was better', () => {
    const tiers = policyOf().tiers.map((tier) => ({ ...tier, min_reputation_bps: 5000 }));
    const needs = auctionOf([[10, policyOf({ tiers })]], [{ coprocessor: 1, steps: [[500, 10]] }]);
    expect(reasonsOf(decideAuction(needs))).toEqual(['REPUTATION_LIMIT']);
    const rivals = auctionOf(
      [[10, policyOf()]],
      [
        { coprocessor: 1, steps: [[500, 10]] },
        { coprocessor: 2, steps: [[600, 10]] },
      ],
    );
    expect(reasonsOf(decideAuction(rivals))).toEqual([null, 'OUTSCORED']);
  });

  it('lets nobody serve on its reputation alone beyond its credit', () => {
    const tiers = policyOf().tiers.map((tier) => ({ ...tier, min_reputation_bps: 5000 }));
    const known = { live_r: 60n * 10n ** 9n, live_s: 0n, safe_r: 60n * 10n ** 9n, safe_s: 0n };
    const decide = (credit_wei: bigint | null) =>
      decideAuction(
        auctionOf(
          [[10, policyOf({ tiers })]],
          [{ coprocessor: 1, steps: [[500, 10]], entry: { reputation: known, credit_wei } }],
        ),
      ).bids[0];
    expect(decide(null)).toMatchObject({ units: 10, exposure_wei: 320n * ETHER });
    expect(decide(100n * ETHER)).toMatchObject({ units: 3, exposure_wei: 96n * ETHER, limited_by: 'REPUTATION_LIMIT' });
    expect(decide(0n)).toMatchObject({ units: 0, exposure_wei: 0n, loss_reason: 'REPUTATION_LIMIT' });
  });

  it('counts one bid per coprocessor: the highest nonce, a specific one before a standing one', () => {
    const inputs = auctionOf(
      [[10, policyOf()]],
      [
        { coprocessor: 1, steps: [[500, 10]], nonce: 1n },
        { coprocessor: 1, steps: [[700, 10]], nonce: 3n },
        { coprocessor: 1, steps: [[100, 10]], nonce: 4n, standing: true },
        { coprocessor: 1, steps: [[600, 10]], nonce: 2n },
      ],
    );
    expect(reasonsOf(decideAuction(inputs))).toEqual(['CANCELLED', null, 'CANCELLED', 'CANCELLED']);
  });

  it('counts one bid per owner: the key with the lowest first seq, unless it withdrew', () => {
    const bids = (second: BidPlan['steps']): BidPlan[] => [
      { coprocessor: 2, owner: 9, steps: [[900, 10]], nonce: 1n },
      { coprocessor: 1, owner: 9, steps: [[500, 10]] },
      { coprocessor: 2, owner: 9, steps: second, nonce: 2n },
    ];
    expect(reasonsOf(decideAuction(auctionOf([[10, policyOf()]], bids([[800, 10]]))))).toEqual([
      'CANCELLED',
      'OWNER_DUPLICATE',
      null,
    ]);
    expect(reasonsOf(decideAuction(auctionOf([[10, policyOf()]], bids([]))))).toEqual(['CANCELLED', null, 'CANCELLED']);
  });

  it('relaxes the owner cap only as far as it must, and says so', () => {
    const bids = (owners: number): BidPlan[] =>
      Array.from({ length: owners }, (_, index) => ({ coprocessor: index + 1, steps: [[500, 100]] }));
    const capOf = (owners: number): [number, boolean] => {
      const { primary } = decideAuction(auctionOf([[100, policyOf()]], bids(owners), { cap_bps: 2500 }));
      const { cap_bps, cap_relaxed } = primary;
      return [cap_bps, cap_relaxed];
    };
    expect([4, 3, 2, 1].map(capOf)).toEqual([
      [2500, false],
      [5000, true],
      [5000, true],
      [10_000, true],
    ]);
  });

  it('explains to every validator what it got', () => {
    const strict = policyOf({ tiers: covered(9000) });
    const inputs = auctionOf(
      [
        [10, policyOf({ max_fee_share_bps: 1000 })],
        [5, strict],
      ],
      [{ coprocessor: 1, steps: [[500, 4]] }],
    );
    const decision = decideAuction(inputs);
    const reasons = inputs.members.map(({ validator_root }) => explainMember(decision, validator_root).reason);
    const count = (reason: string | null): number => reasons.filter((given) => given === reason).length;
    expect([count(null), count('COVER_EXHAUSTED'), count('NO_ELIGIBLE_BID')]).toEqual([4, 6, 5]);
    expect(explainMember(decision, bytes(32, 1)).reason).toBe('NOT_ENROLLED');
    const none = decideAuction({ ...inputs, bids: [] });
    expect(none.void).toBe(true);
    expect(explainMember(none, inputs.members[0]!.validator_root).reason).toBe('NO_BIDS');
  });

  it('proves every leaf of an award, and no other', () => {
    const inputs = auctionOf(
      [[50, policyOf()]],
      [
        { coprocessor: 1, steps: [[500, 30]] },
        { coprocessor: 2, steps: [[600, 30]] },
      ],
    );
    const decision = decideAuction(inputs);
    const [award, other] = decision.awards as [AuctionDecision['awards'][0], AuctionDecision['awards'][0]];
    const { auction_id, avs_id, term_start_ms, term_end_ms } = inputs.auction;
    const { role, coprocessor, line_id, award_root, units } = award;
    const message = { auction_id, avs_id, role, coprocessor, line_id, award_root, units, term_start_ms, term_end_ms };
    expect(award.leaves).toHaveLength(30);
    expect(award_root).toBe(
      ListTree.of(
        award.leaves.map((leaf) => AwardLeaf.root(leaf)),
        REGISTRY_DEPTH,
      ).root,
    );
    for (const { validator_root } of award.leaves) {
      const proof = awardBranch(award, validator_root)!;
      expect(provesLeaf(message, proof)).toBe(true);
      expect(provesLeaf(message, { ...proof, leaf: { ...proof.leaf, fee_wei: 1n } })).toBe(false);
      expect(provesLeaf(message, { ...proof, branch: proof.branch.slice(1) })).toBe(false);
      expect(provesLeaf({ ...message, units: 29 }, proof)).toBe(false);
      expect(awardBranch(other, validator_root)).toBeUndefined();
    }
  });
});

const plans: fc.Arbitrary<BidPlan[]> = fc.array(
  fc.record({
    coprocessor: fc.integer({ min: 1, max: 8 }),
    owner: fc.integer({ min: 1, max: 7 }),
    standing: fc.boolean(),
    nonce: fc.bigInt(1n, 4n),
    cover: fc.constantFrom(0n, 8n * ETHER, 29n * ETHER),
    bid: fc.record({ standby: fc.constantFrom(0, 1) }),
    steps: fc
      .uniqueArray(fc.tuple(fc.integer({ min: 0, max: 2200 }), fc.integer({ min: 1, max: 30 })), {
        selector: ([share]) => share,
        maxLength: 4,
      })
      .map((steps) => steps.sort(([a], [b]) => a - b)),
    entry: fc.record({
      capacity: fc.option(fc.integer({ min: 0, max: 40 })),
      credit_wei: fc.option(fc.bigInt(0n, 400n * ETHER)),
      reputation: fc.record({
        live_r: fc.bigInt(0n, 60n * 10n ** 9n),
        live_s: fc.bigInt(0n, 10n ** 9n),
        safe_r: fc.bigInt(0n, 60n * 10n ** 9n),
        safe_s: fc.constant(0n),
      }),
      line: fc.option(
        fc.record({
          asset: fc.constant(bytes(20, 0)),
          kind: fc.constantFrom(1, 2),
          free_wei: fc.bigInt(0n, 900n * ETHER),
          valid: fc.constant(true),
          block_number: fc.constant(5n),
        }),
      ),
    }),
  }),
  { maxLength: 12 },
);

const inputs: fc.Arbitrary<AuctionInputs> = fc
  .record({
    sizes: fc.tuple(...[0, 1, 2, 3].map(() => fc.integer({ min: 0, max: 25 }))),
    plans,
    cap_bps: fc.constantFrom(1000, 2500, 10_000),
    pricing: fc.constantFrom(...PRICING_RULES),
    reference_terms: fc.array(fc.record({ auction_id: fc.constant(bytes(32, 1)), median_bps: fc.nat(2000) }), {
      maxLength: 3,
    }),
    newcomer_bps: fc.constantFrom(0, 500, 2000),
  })
  .map(({ sizes, plans: list, ...parameters }) =>
    auctionOf(
      [
        [sizes[0]!, policyOf()],
        [sizes[1]!, policyOf({ max_fee_share_bps: 900, tiers: covered(2500, 2) })],
        [sizes[2]!, policyOf({ tiers: covered(9000) })],
        [sizes[3]!, policyOf({ tiers: policyOf().tiers.map((tier) => ({ ...tier, min_reputation_bps: 6000 })) })],
      ],
      list,
      parameters,
    ),
  );

describe('rules that hold for every auction', () => {
  const check = (rule: (auction: AuctionInputs, decision: AuctionDecision) => void): void =>
    fc.assert(
      fc.property(inputs, (auction) => rule(auction, decideAuction(auction))),
      { numRuns: 150 },
    );

  it('no price below its bid nor above the max fee; fees are exact', () =>
    check((auction, { ranges }) => {
      for (const { seq, step, class_index, price_bps, fee_wei } of ranges) {
        const share = auction.bids[Number(seq) - 1]!.bid.message.steps[step]!.fee_share_bps;
        const { policy } = auction.classes[class_index]!;
        const reference = auction.parameters.reward_ref_wei;
        expect(price_bps).toBeGreaterThanOrEqual(share);
        expect(price_bps).toBeLessThanOrEqual(maxFeeBps(policy, reference));
        expect(fee_wei).toBe((BigInt(price_bps) * reference) / 10_000n);
        expect(fee_wei <= policy.max_fee_wei).toBe(true);
      }
    }));

  it('every validator at most once in each role, and every one either served or explained', () =>
    check((auction, decision) => {
      const servedIn = (of: Role): Hex[] =>
        decision.awards.flatMap(({ role, leaves }) => (role === of ? leaves.map((leaf) => leaf.validator_root) : []));
      const openIn = (of: Role): number =>
        decision.unserved.reduce((sum, { role, units }) => (role === of ? sum + units : sum), 0);
      const [primary, standby] = [servedIn(0), servedIn(1)];
      for (const served of [primary, standby]) expect(new Set(served).size).toBe(served.length);
      expect(primary.length + openIn(0)).toBe(auction.members.length);
      expect(standby.length + openIn(1)).toBe(primary.length);
      for (const { validator_root } of auction.members) {
        const explained = explainMember(decision, validator_root);
        expect(explained.reason === null).toBe(primary.includes(validator_root));
        expect(explained.standby?.reason === null).toBe(standby.includes(validator_root));
        for (const role of [explained, explained.standby]) {
          const leaf = role?.award?.leaves.find((one) => one.validator_root === validator_root);
          expect(leaf !== undefined).toBe(role?.reason === null);
        }
      }
    }));

  it('a standby is another owner than the primary, offered to stand by and is paid its bid', () =>
    check((auction, decision) => {
      for (const { validator_root } of auction.members) {
        const { award, standby } = explainMember(decision, validator_root);
        if (standby?.award) expect(standby.award.owner).not.toBe(award!.owner);
      }
      for (const { role, seq, step, price_bps, basis } of decision.ranges) {
        const { standby, steps } = auction.bids[Number(seq) - 1]!.bid.message;
        if (role === 1) expect([standby, price_bps, basis]).toEqual([1, steps[step]!.fee_share_bps, 'bid']);
      }
    }));

  it('owner caps, collateral, capacity and offered units are never exceeded; one award per owner and role', () =>
    check((auction, { awards, primary, standby }) => {
      const capOf = (role: Role): number =>
        Math.floor((auction.members.length * [primary, standby][role]!.cap_bps) / 10_000);
      expect(new Set(awards.map(({ owner, role }) => `${owner}${role}`)).size).toBe(awards.length);
      const promised = new Map<bigint, { units: number; cover: bigint }>();
      for (const { role, seq, units, cover_wei, leaves } of awards) {
        const known = promised.get(seq) ?? { units: 0, cover: 0n };
        promised.set(seq, { units: known.units + units, cover: known.cover + cover_wei });
        expect(units).toBe(leaves.length);
        expect(units).toBeLessThanOrEqual(capOf(role));
        expect(leaves.reduce((sum, { max_liability }) => sum + max_liability, 0n)).toBe(cover_wei);
      }
      for (const [seq, { units, cover }] of promised) {
        const { bid, line, capacity } = auction.bids[Number(seq) - 1]!;
        expect(units).toBeLessThanOrEqual(capacity ?? units);
        expect(units).toBeLessThanOrEqual(bid.message.steps.reduce((sum, step) => sum + step.units, 0));
        expect(cover <= (line?.free_wei ?? 0n)).toBe(true);
      }
    }));

  it('nobody puts more at risk on its reputation than its credit answers for', () =>
    check((auction, { bids }) => {
      for (const { seq, exposure_wei } of bids) {
        const { bid, credit_wei } = auction.bids[Number(seq) - 1]!;
        if (credit_wei !== null) expect(exposure_wei <= credit_wei).toBe(true);
        if (bid.message.cover_wei_per_unit > 0n) expect(exposure_wei).toBe(0n);
      }
    }));

  it('the order in which bids are listed changes nothing', () =>
    check((auction, decision) => {
      const shuffled = [...auction.bids].reverse();
      const again = decideAuction({ ...auction, bids: shuffled });
      expect(again.ranges).toEqual(decision.ranges);
      expect(again.bids).toEqual(decision.bids);
    }));

  it('a transcript and its members give every byte and every award root again', () =>
    check((auction, decision) => {
      const transcript = buildTranscript(auction, decision);
      const wire: unknown = JSON.parse(Buffer.from(transcriptBytes(transcript)).toString('utf8'));
      const parsed = parseTranscript(wire);
      const again = replay(parsed, auction.members);
      const rebuilt = buildTranscript(again.inputs, again);
      expect(Buffer.compare(transcriptBytes(rebuilt), transcriptBytes(transcript))).toBe(0);
      const roots = (from: AuctionDecision): Hex[] => from.awards.map(({ award_root }) => award_root);
      expect(roots(again)).toEqual(roots(decision));
    }));
});
