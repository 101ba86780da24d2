import type { Hex } from '@odf/protocol';
import { integerSqrt } from './reputation/index.js';
import type { AuctionDecision, BidOutcome } from './types.js';

const FULL_BPS = 10_000n;
/** Digits that standard deviations keep. */
const SCALE = 1_000_000n;

/** From here on a figure is worth a look (../research/market.md, "Collusion screens"); never a proof. */
export const SCREEN_THRESHOLDS = {
  /** Bids closer together than this: an all-inclusive cartel has 290, honest markets seldom less than 1,050. */
  cv_below_bps: 650,
  /** The lowest bid further from the others than they are from each other: cartels 92,000, honest seldom above 23,000. */
  relative_distance_above_bps: 50_000,
  /** Without this owner the others could serve so much of the demand. */
  pivotal_below_bps: 11_000,
  hhi_above: 2_500,
  /** Two owners that hardly ever win together, though each wins its part, at bids that move alike. */
  rotation: { together_at_most_bps: 300, each_at_least_bps: 1_000, both_at_least_bps: 3_000, spread_below_bps: 1_500 },
  /** Auctions in which an owner that never wins had the lowest losing bid. */
  price_setter_at_least_bps: 3_000,
} as const;

/** Least auctions of a window that says anything. */
export const LEAST_WINDOW = 10;

/** What screens look at of one bid that counted. */
export interface ScreenedBid {
  seq: number;
  owner: Hex;
  /** Its lowest share plus its quality penalty. */
  score_bps: number;
  /** Units that it could have won. */
  capacity: number;
  /** Units that it won as a primary. */
  units: number;
}

/** What screens look at of one auction. */
export interface ScreenFacts {
  auction_id: Hex;
  avs_id: Hex;
  demand: number;
  bids: readonly ScreenedBid[];
}

/** A figure beyond its threshold, with whom it is about. */
export interface ScreenFlag {
  screen:
    | 'low_variance'
    | 'relative_distance'
    | 'pivotal_owner'
    | 'concentration'
    | 'win_rotation'
    | 'price_setter'
    | 'linked_owners';
  owners: Hex[];
  value: number;
  threshold: number;
}

/** The figures of one auction; null where there are too few bids. */
export interface AuctionScreen {
  auction_id: Hex;
  avs_id: Hex;
  /** Coefficient of variation of the scores. */
  cv_bps: number | null;
  /** Distance of the lowest two scores in standard deviations of all but the lowest. */
  relative_distance_bps: number | null;
  /** Of each owner: what the others could serve of the demand. */
  pivotal: { owner: Hex; others_bps: number }[];
  hhi: number;
  c4_bps: number;
  flags: ScreenFlag[];
}

/** The figures of several auctions of one AVS. */
export interface WindowScreen {
  auctions: number;
  flags: ScreenFlag[];
}

const NOT_COUNTED: ReadonlySet<BidOutcome['loss_reason']> = new Set([
  ...(['CANCELLED', 'EXPIRED', 'LINE_INVALID', 'SUSPENDED', 'OWNER_DUPLICATE', 'NO_ELIGIBLE_CLASS'] as const),
]);

/** What of a decided auction screens look at. */
export function screenFacts({ inputs, bids }: AuctionDecision): ScreenFacts {
  const { auction_id, avs_id } = inputs.auction;
  const demand = inputs.members.length;
  return {
    ...{ auction_id, avs_id, demand },
    bids: bids.flatMap(({ seq, penalty_bps, units, loss_reason }): ScreenedBid[] => {
      if (NOT_COUNTED.has(loss_reason)) return [];
      const { bid, owner, line, capacity } = inputs.bids[Number(seq) - 1]!;
      const { steps, cover_wei_per_unit: cover } = bid.message;
      const offered = steps.reduce((sum, step) => sum + step.units, 0);
      const covered = cover > 0n ? Number((line?.free_wei ?? 0n) / cover) : offered;
      const score_bps = steps[0]!.fee_share_bps + penalty_bps;
      return [
        {
          seq: Number(seq),
          owner,
          score_bps,
          capacity: Math.min(offered, covered, capacity ?? offered, demand),
          units,
        },
      ];
    }),
  };
}

/** The figures of one auction (MARKET.md, "Screens"): triage with evidence, never automatic punishment. */
export function screenAuction({ auction_id, avs_id, demand, bids }: ScreenFacts): AuctionScreen {
  const scores = bids.map(({ score_bps }) => BigInt(score_bps)).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const cv_bps = variation(scores);
  const relative_distance_bps = relativeDistance(scores);
  const all = bids.reduce((sum, { capacity }) => sum + capacity, 0);
  const pivotal = bids.map(({ owner, capacity }) => ({ owner, others_bps: share(all - capacity, demand) }));
  const won = bids.map(({ units }) => units).sort((a, b) => b - a);
  const served = won.reduce((sum, units) => sum + units, 0);
  const squares = won.reduce((sum, units) => sum + BigInt(units) ** 2n, 0n);
  const hhi = served === 0 ? 0 : Number((FULL_BPS * squares) / BigInt(served) ** 2n);
  const figures = { cv_bps, relative_distance_bps, pivotal, hhi };
  const c4_bps = share(
    won.slice(0, 4).reduce((sum, units) => sum + units, 0),
    served,
  );
  return { auction_id, avs_id, ...figures, c4_bps, flags: auctionFlags(figures, bids) };
}

/**
 * The figures of a window of auctions of one AVS, oldest first.
 *
 * @param fundedBy who funded each owner's account, as far as it is known.
 */
export function screenWindow(
  window: readonly ScreenFacts[],
  fundedBy: ReadonlyMap<Hex, Hex> = new Map(),
): WindowScreen {
  const linked = linkedOwners(window, fundedBy);
  if (window.length < LEAST_WINDOW) return { auctions: window.length, flags: linked };
  return { auctions: window.length, flags: [...rotations(window), ...priceSetters(window), ...linked] };
}

type Figures = Pick<AuctionScreen, 'cv_bps' | 'relative_distance_bps' | 'pivotal' | 'hhi'>;

function auctionFlags(
  { cv_bps, relative_distance_bps, pivotal, hhi }: Figures,
  bids: readonly ScreenedBid[],
): ScreenFlag[] {
  const { cv_below_bps, relative_distance_above_bps, pivotal_below_bps, hhi_above } = SCREEN_THRESHOLDS;
  const byScore = [...bids].sort((a, b) => a.score_bps - b.score_bps);
  const flags: ScreenFlag[] = [];
  if (cv_bps !== null && cv_bps < cv_below_bps) {
    flags.push({ screen: 'low_variance', owners: ownersOf(bids), value: cv_bps, threshold: cv_below_bps });
  }
  if (relative_distance_bps !== null && relative_distance_bps > relative_distance_above_bps) {
    const flag = { value: relative_distance_bps, threshold: relative_distance_above_bps };
    flags.push({ screen: 'relative_distance', owners: [byScore[0]!.owner], ...flag });
  }
  for (const { owner, others_bps } of pivotal) {
    if (others_bps >= pivotal_below_bps) continue;
    flags.push({ screen: 'pivotal_owner', owners: [owner], value: others_bps, threshold: pivotal_below_bps });
  }
  if (hhi > hhi_above) {
    const winners = bids.filter(({ units }) => units > 0);
    flags.push({ screen: 'concentration', owners: ownersOf(winners), value: hhi, threshold: hhi_above });
  }
  return flags;
}

/** Pairs that take turns: hardly ever winning together, at bids whose ratio hardly moves. */
function rotations(window: readonly ScreenFacts[]): ScreenFlag[] {
  const { rotation } = SCREEN_THRESHOLDS;
  const owners = ownersOf(window.flatMap(({ bids }) => bids));
  const wins = new Map(owners.map((owner) => [owner, winsOf(window, owner)]));
  return owners.flatMap((one, at) =>
    owners.slice(at + 1).flatMap((other): ScreenFlag[] => {
      const [first, second] = [wins.get(one)!, wins.get(other)!];
      const [a, b] = [share(first.size, window.length), share(second.size, window.length)];
      const together = share([...first].filter((auction) => second.has(auction)).length, window.length);
      const enough =
        a >= rotation.each_at_least_bps && b >= rotation.each_at_least_bps && a + b >= rotation.both_at_least_bps;
      if (!enough || together > rotation.together_at_most_bps) return [];
      const spread = ratioSpread(window, one, other);
      if (spread === null || spread >= rotation.spread_below_bps) return [];
      return [{ screen: 'win_rotation', owners: [one, other], value: spread, threshold: rotation.spread_below_bps }];
    }),
  );
}

/** Owners that never win and yet have the lowest losing bid again and again: the price of the others. */
function priceSetters(window: readonly ScreenFacts[]): ScreenFlag[] {
  const threshold = SCREEN_THRESHOLDS.price_setter_at_least_bps;
  const set = new Map<Hex, number>();
  for (const { bids } of window) {
    const losers = bids.filter(({ units }) => units === 0).sort((a, b) => a.score_bps - b.score_bps);
    const [lowest] = losers;
    if (lowest && losers.length < bids.length) set.set(lowest.owner, (set.get(lowest.owner) ?? 0) + 1);
  }
  return [...set].flatMap(([owner, count]): ScreenFlag[] => {
    const value = share(count, window.length);
    if (value < threshold || winsOf(window, owner).size > 0) return [];
    return [{ screen: 'price_setter', owners: [owner], value, threshold }];
  });
}

/** Owners whose accounts one address funded, where more than one of them bid. */
function linkedOwners(window: readonly ScreenFacts[], fundedBy: ReadonlyMap<Hex, Hex>): ScreenFlag[] {
  const groups = new Map<Hex, Hex[]>();
  for (const owner of ownersOf(window.flatMap(({ bids }) => bids))) {
    const funder = fundedBy.get(owner);
    if (funder) groups.set(funder, [...(groups.get(funder) ?? []), owner]);
  }
  return [...groups.values()]
    .filter(({ length }) => length > 1)
    .map((owners): ScreenFlag => ({ screen: 'linked_owners', owners, value: owners.length, threshold: 2 }));
}

function winsOf(window: readonly ScreenFacts[], owner: Hex): Set<Hex> {
  const won = window.filter(({ bids }) => bids.some((bid) => bid.owner === owner && bid.units > 0));
  return new Set(won.map(({ auction_id }) => auction_id));
}

function ratioSpread(window: readonly ScreenFacts[], one: Hex, other: Hex): number | null {
  const scoreOf = ({ bids }: ScreenFacts, owner: Hex) => bids.find((bid) => bid.owner === owner)?.score_bps;
  const ratios = window.flatMap((facts) => {
    const [a, b] = [scoreOf(facts, one), scoreOf(facts, other)];
    return a === undefined || !b ? [] : [(FULL_BPS * BigInt(a)) / BigInt(b)];
  });
  return ratios.length < LEAST_WINDOW ? null : variation(ratios);
}

/** Standard deviation over mean in bps; null for less than three values or a mean of nothing. */
function variation(values: readonly bigint[]): number | null {
  if (values.length < 3) return null;
  const sum = values.reduce((all, value) => all + value, 0n);
  return sum === 0n ? null : Number((FULL_BPS * scaledDeviation(values)) / (sum * SCALE));
}

function relativeDistance(rising: readonly bigint[]): number | null {
  if (rising.length < 4) return null;
  const others = rising.slice(1);
  const deviation = scaledDeviation(others);
  if (deviation === 0n) return null;
  return Number((FULL_BPS * (rising[1]! - rising[0]!) * BigInt(others.length) * SCALE) / deviation);
}

/** Standard deviation times the number of values, scaled up: n·σ = √(n·Σx² − (Σx)²). */
function scaledDeviation(values: readonly bigint[]): bigint {
  const sum = values.reduce((all, value) => all + value, 0n);
  const squares = values.reduce((all, value) => all + value * value, 0n);
  return integerSqrt((BigInt(values.length) * squares - sum * sum) * SCALE * SCALE);
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.floor((Number(FULL_BPS) * part) / whole);
}

function ownersOf(bids: readonly ScreenedBid[]): Hex[] {
  return [...new Set(bids.map(({ owner }) => owner))].sort();
}
