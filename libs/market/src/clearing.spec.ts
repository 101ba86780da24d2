import highsLoader from 'highs';
import { lpText } from '../test/programme.fixture.js';
import { mulberry32 } from '../test/random.fixture.js';
import { addBit, bitset, hasBit } from './bitset.js';
import type { ClassDemand } from './clearing.js';
import { CapLadder, type Bidders, type Piece } from './ladder.js';
import { criticalPrices } from './pricing.js';

function market(
  sizes: number[],
  reserves: number[],
  bids: { steps: [score: number, units: number][]; classes: number[]; capacity?: number }[],
): { demand: ClassDemand; bidders: Bidders } {
  const eligible = bids.map(({ classes }) => {
    const set = bitset(sizes.length);
    classes.forEach((index) => addBit(set, index));
    return set;
  });
  const pieces: Piece[] = bids.flatMap(({ steps }, bidder) =>
    steps.map(([score, units], step) => ({
      ...{ bidder, step, score, units, eligible: eligible[bidder]! },
      ...{ liabilityWei: 0n, secured: true },
    })),
  );
  return {
    demand: { sizes: Int32Array.from(sizes), reserves: Int32Array.from(reserves) },
    bidders: {
      pieces,
      capacities: bids.map(({ steps, capacity }) => capacity ?? steps.reduce((sum, [, units]) => sum + units, 0)),
      ties: bids.map((_, index) => String(1000 + index)),
    },
  };
}

function randomMarket(seed: number): ReturnType<typeof market> {
  const random = mulberry32(seed);
  const classes = 2 + random(10);
  const sizes = Array.from({ length: classes }, () => random(200));
  const bids = Array.from({ length: 3 + random(14) }, () => {
    const first = 200 + random(2000);
    const steps = Array.from({ length: 1 + random(3) }, (_, step): [number, number] => [
      first + step * (1 + random(300)) + step,
      1 + random(150),
    ]).sort(([a], [b]) => a - b);
    return { steps, classes: sizes.map((_, index) => index).filter(() => random(100) < 35), capacity: random(300) };
  });
  return market(
    sizes,
    sizes.map(() => 500 + random(2500)),
    bids,
  );
}

/** The same market as a linear programme: the least cost under one owner limit, by an independent solver. */
function programme({ demand, bidders }: ReturnType<typeof market>, ownerLimit: number): string {
  return lpText({
    classes: Array.from(demand.sizes, (units, index) => ({ units, reserve: demand.reserves[index]! })),
    steps: bidders.pieces.map(({ bidder, score, units, eligible }) => ({
      ...{ bidder, cost: score, units },
      classes: [...demand.sizes.keys()].filter((index) => hasBit(eligible, index)),
    })),
    limits: bidders.capacities.map((capacity) => Math.min(capacity, ownerLimit)),
  });
}

describe('exact clearing', () => {
  it('equals a linear programme on 500 random markets, each at one rung of the owner cap, and again without one bidder', async () => {
    // Typed as CommonJS with a default member, loaded with the default unwrapped.
    const load = highsLoader as unknown as typeof highsLoader.default;
    const highs = await load();
    const leastCost = (instance: ReturnType<typeof market>, limit: number): number =>
      Math.round(highs.solve(programme(instance, limit)).ObjectiveValue);
    for (let seed = 1; seed <= 500; seed++) {
      const instance = randomMarket(seed);
      const ladder = new CapLadder(instance.demand, instance.bidders, 2500);
      const rung = ladder.rungs[seed % ladder.rungs.length]!;
      const limit = ladder.ownerLimit(rung);
      const clearing = ladder.at(rung);
      expect([seed, clearing.cost]).toEqual([seed, leastCost(instance, limit)]);
      const bidder = seed % instance.bidders.capacities.length;
      const capacities = instance.bidders.capacities.map((units, index) => (index === bidder ? 0 : units));
      const alone = { ...instance, bidders: { ...instance.bidders, capacities } };
      expect([seed, clearing.without(bidder).cost]).toEqual([seed, leastCost(alone, limit)]);
    }
  }, 60_000);

  it('leaves a clearing as it was after asking for it without a bidder, and equals a fresh one', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const { demand, bidders } = randomMarket(seed);
      const ladder = new CapLadder(demand, bidders, 2500);
      const { clearing } = ladder.solve();
      const before = { cost: clearing.cost, unserved: clearing.unserved, used: Int32Array.from(clearing.used) };
      const flow = JSON.stringify(clearing.flow.map((served) => [...served].sort(([a], [b]) => a - b)));
      bidders.capacities.forEach((_, bidder) => {
        const capacities = bidders.capacities.map((units, index) => (index === bidder ? 0 : units));
        const fresh = new CapLadder(demand, { ...bidders, capacities }, 2500).solve().clearing;
        expect(ladder.without(bidder)).toEqual({ cost: fresh.cost, unserved: fresh.unserved });
      });
      expect({ cost: clearing.cost, unserved: clearing.unserved, used: clearing.used }).toEqual(before);
      expect(JSON.stringify(clearing.flow.map((served) => [...served].sort(([a], [b]) => a - b)))).toBe(flow);
    }
  });
});

describe('vectors of MARKET.md', () => {
  const three = market(
    [60, 40],
    [2000, 2000],
    [
      { steps: [[500, 50]], classes: [0, 1] },
      { steps: [[700, 60]], classes: [1] },
      { steps: [[900, 100]], classes: [0, 1] },
    ],
  );
  const pricesOf = (
    { demand, bidders }: ReturnType<typeof market>,
    capBps: number,
    thinReferenceBps: number | null,
  ): number[] => {
    const ladder = new CapLadder(demand, bidders, capBps);
    const penalties = bidders.capacities.map(() => 0);
    const quotes = criticalPrices(ladder, ladder.solve().clearing, { thinReferenceBps, penalties });
    return [...quotes.values()].map(({ bps }) => bps);
  };

  it('allocates A: o1 50, o3 10; B: o2 40', () => {
    const ladder = new CapLadder(three.demand, three.bidders, 10_000);
    const { clearing } = ladder.solve();
    const rows = clearing.flow.map((served) =>
      [...served].map(([supply, units]) => [ladder.supplies[supply]!.bidder, units]).sort(),
    );
    expect(rows).toEqual([
      [
        [0, 50],
        [2, 10],
      ],
      [[1, 40]],
    ]);
  });

  it('prices it 900, 900, 2000 without the thin rule and 1000 with it', () => {
    expect(pricesOf(three, 10_000, Infinity)).toEqual([900, 900, 2000]);
    expect(pricesOf(three, 10_000, 1000)).toEqual([900, 900, 1000]);
  });

  it('prices four capped owners at their bids, not at the max fee', () => {
    const four = market(
      [100],
      [2000],
      [500, 501, 502, 503].map((score) => ({ steps: [[score, 100]] as [number, number][], classes: [0] })),
    );
    const ladder = new CapLadder(four.demand, four.bidders, 2500);
    expect(ladder.solve().capBps).toBe(2500);
    const prices = pricesOf(four, 2500, Infinity);
    prices.forEach((price, index) => expect(Math.max(500 + index, price)).toBe(500 + index));
  });
});
