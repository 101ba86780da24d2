import type { PricingRule } from '@odf/protocol';
import { addBit, bitset } from '../src/bitset.js';
import type { ClassDemand } from '../src/clearing.js';
import { CapLadder, type Bidders } from '../src/ladder.js';
import { quotesOf, unitPrice } from '../src/pricing.js';
import { mulberry32 } from './random.fixture.js';

const UNITS = 20_000;
const CLASSES = 30;
const BIDDERS = 24;
const MAX_FEE_BPS = 2_500;
/** What a bidder tries: to bid so much more or less, and to offer only so much of its capacity. */
const PRICE_STEPS = [-200, -100, -50, 50, 100, 200, 400, 800];
const CAPACITY_SHARES = [0.25, 0.5, 0.75];

/** A market whose bidders' costs and capacities are known. */
export interface KnownMarket {
  demand: ClassDemand;
  costs: number[];
  penalties: number[];
  capacities: number[];
  eligible: Uint32Array[];
}

/** A market of 24 bidders in 30 classes that together offer `supply` times the demand, all but the strictest served by many. */
export function knownMarket(seed: number, supply = 1.8): KnownMarket {
  const random = mulberry32(seed * 977 + 5);
  const uniform = (): number => random(2 ** 30) / 2 ** 30;
  const weights = Array.from({ length: CLASSES }, (_, index) => 1 / (index + 1));
  const sizes = Int32Array.from(shares(weights, UNITS));
  const sizesOfBidders = Array.from({ length: BIDDERS }, () =>
    Math.exp(0.8 * Math.sqrt(-2 * Math.log(uniform() + 1e-9)) * Math.cos(2 * Math.PI * uniform())),
  );
  const strength = Array.from({ length: BIDDERS }, uniform);
  const strictness = Array.from({ length: CLASSES }, () => uniform() * 0.8);
  return {
    demand: { sizes, reserves: new Int32Array(CLASSES).fill(MAX_FEE_BPS) },
    costs: Array.from({ length: BIDDERS }, () => 400 + random(1_200)),
    penalties: Array.from({ length: BIDDERS }, () => random(300)),
    capacities: shares(sizesOfBidders, Math.floor(supply * UNITS)),
    eligible: strength.map((own) => {
      const set = bitset(CLASSES);
      strictness.forEach((asked, index) => {
        if (own >= asked || uniform() < 0.15) addBit(set, index);
      });
      return set;
    }),
  };
}

function shares(weights: readonly number[], total: number): number[] {
  const sum = weights.reduce((all, weight) => all + weight, 0);
  const given = weights.map((weight) => Math.floor((total * weight) / sum));
  given[0]! += total - given.reduce((all, one) => all + one, 0);
  return given;
}

/** What a bidder says: its bid in bps, and the units that it offers. */
interface Offers {
  bids: readonly number[];
  capacities: readonly number[];
}

/** What everybody is paid and how many units it serves. */
function outcome(market: KnownMarket, { bids, capacities }: Offers, rule: PricingRule, capBps: number) {
  const { demand, penalties } = market;
  const bidders: Bidders = {
    pieces: bids.map((bid, bidder) => ({
      ...{ bidder, step: 0, score: bid + penalties[bidder]!, units: capacities[bidder]! },
      ...{ eligible: market.eligible[bidder]!, liabilityWei: 0n, secured: true },
    })),
    capacities,
    ties: bids.map((_, bidder) => String(1_000 + bidder)),
  };
  const ladder = new CapLadder(demand, bidders, capBps);
  const { clearing } = ladder.solve();
  // Without the thin-market rule: what monopolists may ask for is a matter of its own.
  const quotes = quotesOf(rule, ladder, clearing, { thinReferenceBps: Infinity, penalties });
  const paid = bids.map(() => 0);
  const served = bids.map(() => 0);
  clearing.flow.forEach((row, index) => {
    for (const [supply, units] of row) {
      const { bidder } = ladder.supplies[supply]!;
      if (bidder < 0) continue;
      const quote = quotes(bidder, index).bps;
      const price = { shareBps: bids[bidder]!, quoteBps: quote, maxFeeBps: demand.reserves[index]! };
      paid[bidder]! += units * unitPrice({ ...price, penaltyBps: penalties[bidder]! });
      served[bidder]! += units;
    }
  });
  return { paid, served };
}

/** What lying brings at most, in shares of everything that is paid. */
export interface Regret {
  /** Mean over markets of Σ over bidders of the best gain by another price, and by withholding capacity. */
  price: number;
  capacity: number;
  /** The most that one bidder gains in one market. */
  most: number;
  /** Mean price in bps of reward. */
  fee_bps: number;
}

/** Lets every bidder of every market try every deviation alone. */
export function regretOf(markets: readonly KnownMarket[], rule: PricingRule, capBps: number): Regret {
  const sum = { price: 0, capacity: 0, most: 0, fee_bps: 0 };
  for (const market of markets) {
    const truth = { bids: market.costs, capacities: market.capacities };
    const honest = outcome(market, truth, rule, capBps);
    const total = honest.paid.reduce((all, one) => all + one, 0);
    sum.fee_bps += total / honest.served.reduce((all, one) => all + one, 0) / markets.length;
    market.costs.forEach((cost, bidder) => {
      const gainOf = (offers: Offers): number => {
        const { paid, served } = outcome(market, offers, rule, capBps);
        const profit = (result: { paid: number[]; served: number[] }) =>
          result.paid[bidder]! - cost * result.served[bidder]!;
        return (profit({ paid, served }) - profit(honest)) / total;
      };
      const replaced = (values: readonly number[], value: number) =>
        values.map((one, at) => (at === bidder ? value : one));
      const byPrice = PRICE_STEPS.map((step) =>
        gainOf({ ...truth, bids: replaced(truth.bids, Math.max(0, cost + step)) }),
      );
      const byCapacity = CAPACITY_SHARES.map((share) =>
        gainOf({ ...truth, capacities: replaced(truth.capacities, Math.floor(market.capacities[bidder]! * share)) }),
      );
      const [price, capacity] = [Math.max(0, ...byPrice), Math.max(0, ...byCapacity)];
      sum.price += price / markets.length;
      sum.capacity += capacity / markets.length;
      sum.most = Math.max(sum.most, price, capacity);
    });
  }
  return sum;
}
