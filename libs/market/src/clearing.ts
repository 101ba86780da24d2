import { addBit, bitset, removeBit } from './bitset.js';

/** Units wanted per class, and the score in bps at which a class rather stays unserved. */
export interface ClassDemand {
  sizes: Int32Array;
  reserves: Int32Array;
}

/** Something that can serve units: a step of a bid, or a class's own dummy, which stands for "unserved". */
export interface Supply {
  score: number;
  /** Classes that it may serve. */
  eligible: Uint32Array;
  /** Bid that it belongs to; −1 for a dummy. */
  bidder: number;
}

/** Cost in bps·units and unserved units of an optimum. */
export interface Optimum {
  cost: number;
  unserved: number;
}

/**
 * Minimum-cost assignment of units to supplies, found exactly.
 *
 * The servable units form a transversal matroid, so taking supplies by rising score, each with as many units as
 * augmenting paths make room for, gives an optimum (MARKET.md, "Assignment").
 */
export class Clearing implements Optimum {
  cost = 0;
  unserved = 0;
  /** Units of each supply in use. */
  readonly used: Int32Array;
  /** Per class: supply → units. */
  readonly flow: Map<number, number>[];

  readonly #residual: Int32Array;
  readonly #open: Uint32Array;
  #unmet = 0;
  /** Classes from which no path leads to an open one; they stay so while supplies are only added. */
  readonly #dead: Uint32Array;
  readonly #visited: Uint32Array;
  readonly #queue: Int32Array;
  readonly #viaClass: Int32Array;
  readonly #viaSupply: Int32Array;
  readonly #seen: Int32Array;
  #search = 0;
  /** Triples (class, supply, units moved) while a probe runs. */
  #journal: number[] | null = null;

  /** Clears at once. `supplies` rise by (score, tie); `capacities` are their units. */
  constructor(
    demand: ClassDemand,
    readonly supplies: readonly Supply[],
    readonly capacities: Int32Array,
  ) {
    const classes = demand.sizes.length;
    this.used = new Int32Array(supplies.length);
    this.flow = Array.from({ length: classes }, () => new Map<number, number>());
    this.#residual = Int32Array.from(demand.sizes);
    this.#open = bitset(classes);
    this.#dead = bitset(classes);
    this.#visited = bitset(classes);
    this.#queue = new Int32Array(classes);
    this.#viaClass = new Int32Array(classes);
    this.#viaSupply = new Int32Array(classes);
    this.#seen = new Int32Array(supplies.length);
    demand.sizes.forEach((size, index) => {
      this.#unmet += size;
      if (size > 0) addBit(this.#open, index);
    });
    this.#fill(-1);
  }

  /**
   * The optimum without one bidder, this clearing left as it is.
   *
   * What the others serve stays optimal when a bidder leaves, so only its own units are served anew, by rising score.
   */
  without(bidder: number): Optimum {
    const { cost, unserved } = this;
    const unmet = this.#unmet;
    this.#journal = [];
    this.#release(bidder);
    this.#fill(bidder);
    const optimum = { cost: this.cost, unserved: this.unserved };
    this.#rollBack();
    this.cost = cost;
    this.unserved = unserved;
    this.#unmet = unmet;
    return optimum;
  }

  #release(bidder: number): void {
    this.flow.forEach((served, index) => {
      for (const [supply, units] of served) {
        const { bidder: owner, score } = this.supplies[supply]!;
        if (owner !== bidder) continue;
        this.#shift(index, supply, -units);
        this.cost -= units * score;
        this.#unmet += units;
      }
    });
  }

  #fill(excluded: number): void {
    this.#dead.fill(0);
    for (let supply = 0; supply < this.supplies.length && this.#unmet > 0; supply++) {
      const { bidder, score } = this.supplies[supply]!;
      if (excluded >= 0 && bidder === excluded) continue;
      const spare = Math.min(this.capacities[supply]! - this.used[supply]!, this.#unmet);
      if (spare <= 0) continue;
      const added = this.#add(supply, spare);
      this.#unmet -= added;
      this.cost += added * score;
      if (bidder < 0) this.unserved += added;
    }
  }

  /** Serves up to `wanted` units more by this supply; returns how many found room. */
  #add(supply: number, wanted: number): number {
    let left = wanted;
    while (left > 0) {
      left -= this.#addDirectly(supply, left);
      if (left === 0) break;
      const end = this.#findPath(supply);
      if (end < 0) break;
      left -= this.#augment(end, left);
    }
    return wanted - left;
  }

  #addDirectly(supply: number, wanted: number): number {
    const { eligible } = this.supplies[supply]!;
    let left = wanted;
    for (let word = 0; word < eligible.length && left > 0; word++) {
      let candidates = eligible[word]! & this.#open[word]!;
      while (candidates !== 0 && left > 0) {
        const index = (word << 5) + 31 - Math.clz32(candidates & -candidates);
        candidates &= candidates - 1;
        const units = Math.min(left, this.#residual[index]!);
        this.#shift(index, supply, units);
        left -= units;
      }
    }
    return wanted - left;
  }

  /** Breadth-first search for an open class; a fruitless one proves all that it reached dead. Returns the class, or −1. */
  #findPath(supply: number): number {
    this.#search++;
    this.#visited.set(this.#dead);
    let head = 0;
    let tail = this.#enqueue(supply, -1, 0);
    while (head < tail) {
      const index = this.#queue[head++]!;
      for (const [other, units] of this.flow[index]!) {
        if (units === 0 || this.#seen[other] === this.#search) continue;
        this.#seen[other] = this.#search;
        const from = tail;
        tail = this.#enqueue(other, index, tail);
        for (let at = from; at < tail; at++) if (this.#residual[this.#queue[at]!]! > 0) return this.#queue[at]!;
      }
    }
    for (let at = 0; at < tail; at++) addBit(this.#dead, this.#queue[at]!);
    return -1;
  }

  /** Appends the classes that `supply` serves and no search step has seen; returns the queue's new end. */
  #enqueue(supply: number, via: number, end: number): number {
    const { eligible } = this.supplies[supply]!;
    let tail = end;
    for (let word = 0; word < eligible.length; word++) {
      let fresh = eligible[word]! & ~this.#visited[word]!;
      if (fresh === 0) continue;
      this.#visited[word]! |= fresh;
      while (fresh !== 0) {
        const index = (word << 5) + 31 - Math.clz32(fresh & -fresh);
        fresh &= fresh - 1;
        this.#viaClass[index] = via;
        this.#viaSupply[index] = supply;
        this.#queue[tail++] = index;
      }
    }
    return tail;
  }

  /** Moves as many units as the path to `end` carries, at most `wanted`; returns how many. */
  #augment(end: number, wanted: number): number {
    let units = Math.min(wanted, this.#residual[end]!);
    for (let index = end; this.#viaClass[index]! >= 0; index = this.#viaClass[index]!) {
      units = Math.min(units, this.flow[this.#viaClass[index]!]!.get(this.#viaSupply[index]!)!);
    }
    for (let index = end; index >= 0; index = this.#viaClass[index]!) {
      const supply = this.#viaSupply[index]!;
      this.#shift(index, supply, units);
      if (this.#viaClass[index]! >= 0) this.#shift(this.#viaClass[index]!, supply, -units);
    }
    return units;
  }

  #shift(index: number, supply: number, units: number): void {
    const served = this.flow[index]!;
    const now = (served.get(supply) ?? 0) + units;
    if (now === 0) served.delete(supply);
    else served.set(supply, now);
    this.used[supply]! += units;
    const residual = (this.#residual[index]! -= units);
    if (residual > 0) addBit(this.#open, index);
    else removeBit(this.#open, index);
    this.#journal?.push(index, supply, units);
  }

  #rollBack(): void {
    const journal = this.#journal!;
    this.#journal = null;
    for (let at = journal.length - 3; at >= 0; at -= 3) {
      this.#shift(journal[at]!, journal[at + 1]!, -journal[at + 2]!);
    }
  }
}

/** One dummy per class, which serves "unserved" at the class's reserve. */
export function dummies(demand: ClassDemand): Supply[] {
  return Array.from(demand.reserves, (score, index) => {
    const eligible = bitset(demand.reserves.length);
    addBit(eligible, index);
    return { score, eligible, bidder: -1 };
  });
}
