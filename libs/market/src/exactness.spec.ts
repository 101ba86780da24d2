import highsLoader from 'highs';
import { auctionOf, bytes, policyOf, type BidPlan } from '../test/auction.fixture.js';
import { lpText, type Programme } from '../test/programme.fixture.js';
import { mulberry32 } from '../test/random.fixture.js';
import { decideAuction } from './decide.js';
import { isNewcomer } from './lane.js';
import { maxFeeBps } from './policy.js';
import { penaltyBps } from './reputation/index.js';
import type { AllocationRange, AuctionDecision, AuctionInputs, BidEntry, Role } from './types.js';

const ETHER = 10n ** 18n;

/** An auction of several policies, with bids that also stand by and newcomers among them; cover is ample. */
function randomAuction(seed: number): AuctionInputs {
  const random = mulberry32(seed);
  const bidders = 4 + random(10);
  const blocks = Array.from({ length: 2 + random(6) }, (): [number, ReturnType<typeof policyOf>] => {
    const deny = Array.from({ length: bidders }, (_, index) => bytes(48, index + 1)).filter(() => random(100) < 40);
    return [30 + random(400), policyOf({ max_fee_share_bps: 500 + 50 * random(40), deny })];
  });
  const plans = Array.from({ length: bidders }, (_, index): BidPlan => {
    const first = 100 + random(1400);
    const steps = Array.from({ length: 1 + random(3) }, (_, step): [number, number] => [
      first + step * (1 + random(200)) + step,
      1 + random(250),
    ]).sort(([a], [b]) => a - b);
    const live_r = BigInt(random(3) === 0 ? 0 : 60 + random(200)) * 10n ** 9n;
    return {
      ...{ coprocessor: index + 1, steps, cover: ETHER, bid: { standby: random(2) } },
      entry: {
        reputation: { live_r, live_s: BigInt(random(3)) * 10n ** 8n, safe_r: live_r * 2n, safe_s: 0n },
        ...(random(3) === 0 && { capacity: random(400) }),
      },
    };
  });
  return auctionOf(blocks, plans, {
    cap_bps: [2500, 3300, 10_000][random(3)]!,
    newcomer_bps: [0, 500, 2000][random(3)]!,
  });
}

const unitsOf = (ranges: readonly AllocationRange[]): number => ranges.reduce((sum, { units }) => sum + units, 0);
const offeredBy = ({ bid }: BidEntry): number => bid.message.steps.reduce((sum, { units }) => sum + units, 0);

/** What is to be cleared in a role when some units are taken already, written down without the engine's own words. */
function programmeOf(inputs: AuctionInputs, decision: AuctionDecision, role: Role): Programme {
  const total = inputs.members.length;
  const primary = decision.ranges.filter((range) => range.role === 0);
  const lane = primary.filter((range) => range.lane);
  const taken = role === 0 ? lane : primary;
  const reserveOf = (index: number) => maxFeeBps(inputs.classes[index]!.policy, inputs.parameters.reward_ref_wei);
  const classes =
    role === 0
      ? inputs.classes.map(({ index, count }) => ({
          units: count - unitsOf(lane.filter(({ class_index }) => class_index === index)),
          ...{ reserve: reserveOf(index), class_index: index, server: 0n },
        }))
      : primary.map(({ units, class_index, seq }) => ({
          units,
          reserve: reserveOf(class_index),
          class_index,
          server: seq,
        }));
  const cap = Math.floor((total * [decision.primary, decision.standby][role]!.cap_bps) / 10_000);
  const bids = inputs.bids.filter(({ bid }) => role === 0 || bid.message.standby === 1);
  return {
    classes,
    steps: bids.flatMap(({ bid, receipt: { seq }, reputation }, bidder) =>
      bid.message.steps.map(({ fee_share_bps: share, units }, step) => ({
        ...{ bidder, cost: share + penaltyBps(reputation) },
        units: units - unitsOf(taken.filter((range) => range.seq === seq && range.step === step)),
        classes: classes.flatMap(({ class_index, reserve, server }, index) => {
          const denied = inputs.classes[class_index]!.policy.deny.includes(bid.message.coprocessor);
          return denied || share > reserve || server === seq ? [] : [index];
        }),
      })),
    ),
    limits: bids.map((entry) => {
      const own = unitsOf(taken.filter(({ seq }) => seq === entry.receipt.seq));
      const capacity = Math.min(offeredBy(entry), entry.capacity ?? total);
      return Math.min(capacity - own, role === 0 ? cap - own : cap);
    }),
  };
}

it('is exact for primaries and standbys on 500 random auctions, the lane taken out', async () => {
  // Typed as CommonJS with a default member, loaded with the default unwrapped.
  const highs = await (highsLoader as unknown as typeof highsLoader.default)();
  const seen = { lane: 0, standby: 0, capped: 0 };
  for (let seed = 1; seed <= 500; seed++) {
    const inputs = randomAuction(seed);
    const decision = decideAuction(inputs);
    for (const role of [0, 1] as const) {
      const programme = programmeOf(inputs, decision, role);
      if (programme.classes.length === 0) continue;
      const least = Math.round(highs.solve(lpText(programme)).ObjectiveValue);
      expect([seed, role, [decision.primary, decision.standby][role]!.cost_bps]).toEqual([seed, role, BigInt(least)]);
    }
    seen.lane += decision.lane.units;
    seen.standby += unitsOf(decision.ranges.filter(({ role }) => role === 1));
    seen.capped += Number(decision.primary.cap_relaxed);
  }
  // The instances are worth something: all three were there.
  expect(Math.min(seen.lane, seen.standby, seen.capped)).toBeGreaterThan(50);
}, 60_000);

it('the lane gives newcomers alone at most its share, 1 % each, up to the last marginal score', () => {
  for (let seed = 1; seed <= 300; seed++) {
    const inputs = randomAuction(seed);
    const { ranges, lane } = decideAuction(inputs);
    const total = inputs.members.length;
    const given = ranges.filter((range) => range.lane);
    expect(unitsOf(given)).toBe(lane.units);
    expect(lane.units).toBeLessThanOrEqual(Math.floor((total * inputs.parameters.newcomer_bps) / 10_000));
    for (const entry of inputs.bids) {
      const own = given.filter(({ seq }) => seq === entry.receipt.seq);
      if (own.length === 0) continue;
      expect([isNewcomer(entry), unitsOf(own) <= Math.floor(total / 100)]).toEqual([true, true]);
      for (const { step } of own) {
        expect(entry.bid.message.steps[step]!.fee_share_bps).toBeLessThanOrEqual(lane.marginal_bps!);
      }
    }
  }
});

it('lets newcomers in whose bid is as good as the last that won, and the seed draws which', () => {
  const old = { live_r: 200n * 10n ** 9n, live_s: 0n, safe_r: 200n * 10n ** 9n, safe_s: 0n };
  const plans = Array.from({ length: 14 }, (_, index): BidPlan => {
    const plan = { coprocessor: index + 1, cover: ETHER };
    // Four of old; newcomers bid less, but their lack of a record costs them more.
    return index < 4
      ? { ...plan, steps: [[900, 60]], entry: { reputation: old } }
      : { ...plan, steps: [[index === 13 ? 950 : 850, 60]] };
  });
  const auction = auctionOf([[200, policyOf()]], plans, { newcomer_bps: 300 });
  const drawn = Array.from({ length: 40 }, (_, seed) => {
    const { ranges } = decideAuction({ ...auction, seed: bytes(32, seed) });
    return ranges.filter(({ lane }) => lane).map(({ seq }) => seq);
  });
  expect(new Set(drawn.map(({ length }) => length))).toEqual(new Set([3]));
  expect(new Set(drawn.flat()).size).toBe(9);
  expect(drawn.flat()).not.toContain(14n);
});
