import { Clearing, dummies, type ClassDemand, type Optimum, type Supply } from './clearing.js';

const RUNGS_BPS = [2500, 3300, 5000, 10_000] as const;
const FULL_BPS = 10_000;

/** One step of a bid, as the clearing sees it. */
export interface Piece {
  bidder: number;
  /** Index of the price step. */
  step: number;
  /** Share plus quality penalty in bps. */
  score: number;
  units: number;
  eligible: Uint32Array;
  /** Cover in wei that is reserved for each unit. */
  liabilityWei: bigint;
  /** Whether its units use up what the bidder's cover or credit answers for. */
  secured: boolean;
}

/** The supply side: pieces in any order, and per bidder its units at most and its tie-breaker. */
export interface Bidders {
  pieces: readonly Piece[];
  capacities: readonly number[];
  ties: readonly string[];
}

/** What the owner cap counts besides the units that are cleared. */
export interface CapBase {
  /** Units that the cap is a share of. */
  total: number;
  /** Units that each bidder already has. */
  taken: readonly number[];
}

/** A supply of the market; dummies have no piece. */
type MarketSupply = Supply & { piece?: Piece };

/**
 * The clearing under the owner-cap ladder: of the caps from the AVS's own upwards, the first that leaves no more units
 * unserved than no cap would.
 */
export class CapLadder {
  readonly rungs: readonly number[];
  readonly supplies: readonly MarketSupply[];
  readonly #units: number;
  readonly #base: CapBase;
  readonly #clearings = new Map<number, Clearing>();

  constructor(
    readonly demand: ClassDemand,
    readonly bidders: Bidders,
    capBps: number,
    base?: CapBase,
  ) {
    const first = Math.min(capBps, FULL_BPS);
    this.rungs = [first, ...RUNGS_BPS.filter((rung) => rung > first)];
    this.#units = demand.sizes.reduce((sum, size) => sum + size, 0);
    this.#base = base ?? { total: this.#units, taken: bidders.capacities.map(() => 0) };
    this.supplies = this.#ordered();
  }

  /** The optimum, and the cap in bps that it keeps. */
  solve(): { capBps: number; clearing: Clearing } {
    const open = this.at(FULL_BPS);
    for (const capBps of this.rungs) {
      const clearing = this.at(capBps);
      if (clearing.unserved === open.unserved) return { capBps, clearing };
    }
    throw new RangeError('the last rung is no cap');
  }

  /** The optimum without one bidder, on a ladder of its own. */
  without(bidder: number): Optimum {
    const open = this.at(FULL_BPS).without(bidder);
    for (const capBps of this.rungs) {
      const clearing = this.at(capBps);
      // Fewer bidders never serve more.
      if (clearing.unserved > open.unserved) continue;
      const optimum = clearing === this.at(FULL_BPS) ? open : clearing.without(bidder);
      if (optimum.unserved === open.unserved) return optimum;
    }
    return open;
  }

  /** Units that an owner may win under a cap. */
  ownerLimit(capBps: number): number {
    return Math.floor((this.#base.total * capBps) / FULL_BPS);
  }

  /** The clearing under one cap, computed once; caps that bind nobody share the clearing without one. */
  at(capBps: number): Clearing {
    const limit = this.ownerLimit(capBps);
    const { taken } = this.#base;
    const free = this.bidders.capacities.every((capacity, bidder) => capacity + taken[bidder]! <= limit);
    const rung = free ? FULL_BPS : capBps;
    let clearing = this.#clearings.get(rung);
    if (!clearing) {
      clearing = new Clearing(this.demand, this.supplies, this.#unitsUnder(this.ownerLimit(rung)));
      this.#clearings.set(rung, clearing);
    }
    return clearing;
  }

  /** Rising by score; on equal scores bids before dummies, bids by their tie-breaker. */
  #ordered(): MarketSupply[] {
    const { pieces, ties } = this.bidders;
    const sorted = pieces
      .map((piece): MarketSupply & { piece: Piece } => ({ ...piece, piece }))
      .sort((a, b) => a.score - b.score || compare(ties[a.bidder]!, ties[b.bidder]!) || bySlot(a.piece, b.piece));
    const unserved = dummies(this.demand).sort((a, b) => a.score - b.score);
    const merged: MarketSupply[] = [];
    let next = 0;
    for (const supply of sorted) {
      while (next < unserved.length && unserved[next]!.score < supply.score) merged.push(unserved[next++]!);
      merged.push(supply);
    }
    return [...merged, ...unserved.slice(next)];
  }

  /** Units of each supply: a bidder's limit is used up by its steps in their order, the cheapest first. */
  #unitsUnder(ownerLimit: number): Int32Array {
    const { taken } = this.#base;
    const left = this.bidders.capacities.map((capacity, bidder) =>
      Math.max(0, Math.min(capacity, ownerLimit - taken[bidder]!)),
    );
    return Int32Array.from(this.supplies, ({ bidder, piece }) => {
      if (!piece) return this.#units;
      const units = Math.min(piece.units, left[bidder]!);
      left[bidder]! -= units;
      return units;
    });
  }
}

/** A bidder's cheapest step first, and what is secured before what is not. */
function bySlot(a: Piece, b: Piece): number {
  return a.step - b.step || Number(b.secured) - Number(a.secured);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
