import { hasBit } from './bitset.js';
import type { ClassDemand, Clearing } from './clearing.js';
import type { CapBase, CapLadder, Piece } from './ladder.js';
import { highestAccepted } from './pricing.js';
import { reputationFloor } from './reputation/bounds.js';
import type { SupplySide } from './supply.js';
import type { BidEntry } from './types.js';

const FULL_BPS = 10_000;
/** Most that one owner may win in the lane, as a share of all units. */
const OWNER_BPS = 100;
/** Lower bound of a reputation from which its bearer is no newcomer any more. */
const ESTABLISHED = 850_000_000n;
/** Newcomers may have failed in one of so many observations. */
const FAULTS_ONE_IN = 50n;

/** Units of a class that the lane gives to a step of a bid. */
export interface LaneRow {
  class_index: number;
  piece: Piece;
  units: number;
}

/** The newcomer lane: what it gives to whom, and what it leaves to the clearing. */
export interface Lane {
  /** Bid in bps up to which newcomers were let in; null when nobody else won. */
  marginalBps: number | null;
  /** By class_index. */
  rows: readonly LaneRow[];
  /** Bidders that were fit for the lane and came too late in the draw. */
  leftOut: ReadonlySet<number>;
  /** What is left to clear. */
  demand: ClassDemand;
  bidders: SupplySide;
  base: CapBase;
}

/**
 * Whether a bid may use the lane: it covers what it may cost, its record is short and (almost) clean (MARKET.md, "Newcomers").
 */
export function isNewcomer({ bid, line, reputation }: BidEntry): boolean {
  const { live_r, live_s } = reputation;
  const covered = line !== null && bid.message.cover_wei_per_unit > 0n;
  return covered && reputationFloor(reputation) < ESTABLISHED && live_s * FAULTS_ONE_IN <= live_r + live_s;
}

/**
 * Sets units aside for newcomers whom the clearing of everything (`ladder`, `clearing`) leaves below 1 % of all units.
 *
 * The seed draws their order. Each gets at most 1 % of all units, at bids up to the highest accepted score of the others;
 * no class gives more than the lane's share of it, rounded up.
 */
export function drawLane(ladder: CapLadder, clearing: Clearing, side: SupplySide, laneBps: number): Lane {
  const fit = side.list.map(({ entry }) => laneBps > 0 && isNewcomer(entry));
  const marginalBps = highestAccepted(clearing, (bidder) => !fit[bidder]);
  const drawing = new LaneDraw(ladder, side, laneBps);
  const won = unitsWon(clearing, side);
  const leftOut = new Set<number>();
  if (marginalBps !== null) {
    const order = side.list.map((_, bidder) => bidder).filter((bidder) => fit[bidder]);
    order.sort((a, b) => (side.ties[a]! < side.ties[b]! ? -1 : 1));
    for (const bidder of order) {
      const wanted = drawing.ownerLimit - won[bidder]!;
      if (wanted > 0 && !drawing.give(bidder, wanted, marginalBps)) leftOut.add(bidder);
    }
  }
  return { marginalBps, leftOut, ...drawing.result() };
}

function unitsWon(clearing: Clearing, side: SupplySide): number[] {
  const won = side.list.map(() => 0);
  clearing.supplies.forEach(({ bidder }, at) => {
    if (bidder >= 0) won[bidder]! += clearing.used[at]!;
  });
  return won;
}

/** Gives units away, class by class, until the lane is used up. */
class LaneDraw {
  /** Units that one owner may win in the lane. */
  readonly ownerLimit: number;
  readonly demand: ClassDemand;
  readonly #rows: LaneRow[] = [];
  readonly #total: number;
  readonly #quotas: number[];
  readonly #taken: number[];
  #left: number;

  constructor(
    ladder: CapLadder,
    readonly side: SupplySide,
    laneBps: number,
  ) {
    const { demand, rungs } = ladder;
    this.demand = demand;
    this.#total = demand.sizes.reduce((sum, size) => sum + size, 0);
    this.ownerLimit = ladder.ownerLimit(Math.min(OWNER_BPS, rungs[0]!));
    this.#left = Math.floor((this.#total * laneBps) / FULL_BPS);
    this.#quotas = Array.from(demand.sizes, (size) => Math.ceil((size * laneBps) / FULL_BPS));
    this.#taken = side.list.map(() => 0);
  }

  /** Gives a bidder up to `wanted` units; false when it was willing to serve and the lane had nothing left. */
  give(bidder: number, wanted: number, marginalBps: number): boolean {
    const { capacity, penaltyBps } = this.side.list[bidder]!;
    // The penalty is what a newcomer cannot help having; its bid must be as good as the last one that won.
    const willing = this.side.pieces.filter(
      (piece) => piece.bidder === bidder && piece.score - penaltyBps <= marginalBps,
    );
    let left = Math.min(wanted, capacity);
    for (const piece of willing) left -= this.#serve(piece, Math.min(left, piece.units));
    const servable = willing.some((piece) => this.#classesOf(piece).length > 0 && piece.units > 0);
    return this.#taken[bidder]! > 0 || !servable || capacity === 0;
  }

  #serve(piece: Piece, wanted: number): number {
    let left = wanted;
    for (const class_index of this.#classesOf(piece)) {
      const units = Math.min(left, this.#quotas[class_index]!, this.#left);
      if (units === 0) continue;
      this.#rows.push({ class_index, piece, units });
      this.#quotas[class_index]! -= units;
      this.#left -= units;
      left -= units;
    }
    this.#taken[piece.bidder]! += wanted - left;
    return wanted - left;
  }

  /** Classes that would rather have the piece than stay unserved. */
  #classesOf({ eligible, score }: Piece): number[] {
    const { reserves } = this.demand;
    return [...reserves.keys()].filter((index) => hasBit(eligible, index) && score <= reserves[index]!);
  }

  result(): Pick<Lane, 'rows' | 'demand' | 'bidders' | 'base'> {
    const sizes = Int32Array.from(this.demand.sizes);
    const used = new Map<Piece, number>();
    for (const { class_index, piece, units } of this.#rows) {
      sizes[class_index]! -= units;
      used.set(piece, (used.get(piece) ?? 0) + units);
    }
    const pieces = this.side.pieces.map((piece) => ({ ...piece, units: piece.units - (used.get(piece) ?? 0) }));
    const capacities = this.side.capacities.map((capacity, bidder) => capacity - this.#taken[bidder]!);
    return {
      rows: this.#rows.sort((a, b) => a.class_index - b.class_index),
      demand: { ...this.demand, sizes },
      bidders: { ...this.side, pieces, capacities },
      base: { total: this.#total, taken: this.#taken },
    };
  }
}
