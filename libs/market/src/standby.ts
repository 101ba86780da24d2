import type { Hex } from '@odf/protocol';
import { addBit, bitset, hasBit } from './bitset.js';
import type { ClassDemand } from './clearing.js';
import { matchTiers } from './eligibility.js';
import { CapLadder, type Piece } from './ladder.js';
import { feeWei } from './policy.js';
import type { NoAwardReason } from './reasons.js';
import {
  backingOf,
  compileForTrust,
  piecesOf,
  splitSteps,
  type Bidder,
  type SupplySide,
  type TrustPolicies,
} from './supply.js';
import type { AllocationRange, AuctionDecision, AuctionInputs, ClearedRole, UnservedUnits } from './types.js';

/** What the clearing of the standbys gives. */
export interface Standbys {
  cleared: ClearedRole;
  ranges: AllocationRange[];
  unserved: UnservedUnits[];
}

/**
 * Clears who stands by for the served units, exactly: each primary range is a class of its own that its own owner may not
 * serve, and supply is what is left of the bids that stand by. A standby that serves is paid its bid.
 */
export function standbysOf(
  inputs: AuctionInputs,
  side: SupplySide,
  demand: ClassDemand,
  primary: readonly AllocationRange[],
  capBps: number,
): Standbys {
  const market = new StandbyMarket(inputs, side, demand, primary);
  const total = demand.sizes.reduce((sum, size) => sum + size, 0);
  const base = { total, taken: side.list.map(() => 0) };
  const ladder = new CapLadder(market.demand, market.bidders, capBps, base);
  const { capBps: used, clearing } = ladder.solve();
  const ranges: AllocationRange[] = [];
  const unserved: UnservedUnits[] = [];
  primary.forEach((range, at) => {
    const { class_index } = range;
    const rows = [...clearing.flow[at]!].sort(([a], [b]) => a - b);
    let { from } = range;
    for (const [supply, units] of rows) {
      const { piece } = ladder.supplies[supply]!;
      if (piece) ranges.push(market.rangeOf(piece, { class_index, from, units }));
      else unserved.push({ role: 1, class_index, from, units, reason: market.reasonOf(at) });
      from += units;
    }
  });
  const cleared = { cap_bps: used, cap_relaxed: used > ladder.rungs[0]!, cost_bps: BigInt(clearing.cost) };
  return { cleared, ranges, unserved: unserved.sort((a, b) => a.class_index - b.class_index || a.from - b.from) };
}

class StandbyMarket {
  readonly demand: ClassDemand;
  readonly bidders: SupplySide;
  readonly #policies: TrustPolicies[];
  /** Per primary range the bidder that serves it. */
  readonly #served: Int32Array;

  constructor(
    readonly inputs: AuctionInputs,
    readonly side: SupplySide,
    readonly classes: ClassDemand,
    readonly primary: readonly AllocationRange[],
  ) {
    this.#policies = inputs.classes.map(({ policy }) => compileForTrust(policy));
    const bySeq = new Map(side.list.map(({ entry }, bidder) => [entry.receipt.seq, bidder]));
    this.#served = Int32Array.from(primary, ({ seq }) => bySeq.get(seq)!);
    this.demand = {
      sizes: Int32Array.from(primary, ({ units }) => units),
      reserves: Int32Array.from(primary, ({ class_index }) => classes.reserves[class_index]!),
    };
    this.bidders = this.#suppliers();
  }

  /** A standby's units, at its bid. */
  rangeOf(piece: Piece, at: Pick<AllocationRange, 'class_index' | 'from' | 'units'>): AllocationRange {
    const { entry } = this.side.list[piece.bidder]!;
    const price_bps = entry.bid.message.steps[piece.step]!.fee_share_bps;
    return {
      role: 1,
      ...at,
      seq: entry.receipt.seq,
      step: piece.step,
      price_bps,
      fee_wei: feeWei(price_bps, this.inputs.parameters.reward_ref_wei),
      liability_wei: piece.liabilityWei,
      basis: 'bid',
      lane: false,
    };
  }

  /** Why units of a primary range have no standby. */
  reasonOf(range: number): NoAwardReason {
    const { pieces } = this.bidders;
    const others = pieces.filter(({ bidder }) => bidder !== this.#served[range]!);
    if (others.length === 0) return 'NO_BIDS';
    const reserve = this.demand.reserves[range]!;
    const willing = others.some(({ eligible, score }) => hasBit(eligible, range) && score <= reserve);
    if (!willing) return 'NO_ELIGIBLE_BID';
    const { demandedWei } = this.#policies[this.primary[range]!.class_index]!.whole;
    return demandedWei.includes(0n) ? 'COVER_EXHAUSTED' : 'STANDBY_NO_COVER';
  }

  #suppliers(): SupplySide {
    const { list } = this.side;
    const left = list.map((bidder, index) => this.#leftOf(bidder, index));
    const pieces = list.flatMap((bidder, index) => {
      if (bidder.entry.bid.message.standby === 0) return [];
      const own = { ...bidder, bareClasses: this.#bareClassesOf(bidder) };
      const { steps, capacity, secured } = left[index]!;
      return piecesOf(own, index, splitSteps(steps, capacity, secured), this.classes).map((piece) => ({
        ...piece,
        eligible: this.#rangesOf(piece),
      }));
    });
    return { ...this.side, pieces, capacities: left.map(({ capacity }) => capacity) };
  }

  /** What a bidder's awards as a primary leave of it. */
  #leftOf(
    { entry, running, secured, bareClasses }: Bidder,
    index: number,
  ): { steps: number[]; capacity: number; secured: number } {
    const { steps, cover_wei_per_unit: cover, standby } = entry.bid.message;
    if (standby === 0) return { steps: [], capacity: 0, secured: 0 };
    const left = { steps: steps.map(({ units }) => units), capacity: running, secured };
    this.primary.forEach(({ class_index, step, units, liability_wei }, at) => {
      if (this.#served[at] !== index) return;
      left.steps[step]! -= units;
      left.capacity -= units;
      const atRisk = cover > 0n ? liability_wei > 0n : !hasBit(bareClasses, class_index);
      if (atRisk) left.secured -= units;
    });
    return left;
  }

  /** Beyond its cover a standby serves where some tier asks for none. */
  #bareClassesOf({ entry, classes, bareClasses }: Bidder): Uint32Array {
    if (entry.bid.message.cover_wei_per_unit === 0n) return bareClasses;
    const backing = { ...backingOf(entry, this.inputs), cover_wei_per_unit: 0n, line: null };
    const bare = bitset(this.#policies.length);
    this.#policies.forEach(({ whole, withoutTrust }, index) => {
      // What trusts a reputation alone is for the credit to answer for, and this bid's credit is its cover.
      const policy = entry.credit_wei === null ? whole : withoutTrust;
      if (hasBit(classes, index) && matchTiers(policy, backing).ok) addBit(bare, index);
    });
    return bare;
  }

  /** The primary ranges that a piece may stand by for: those of its classes that others serve. */
  #rangesOf({ bidder, eligible }: Piece): Uint32Array {
    const ranges = bitset(this.primary.length);
    this.primary.forEach(({ class_index }, at) => {
      if (this.#served[at] !== bidder && hasBit(eligible, class_index)) addBit(ranges, at);
    });
    return ranges;
  }
}

/** Which coprocessors stand by for units of which primary; both by their public keys. */
export function standbyPairs({ inputs, ranges }: Pick<AuctionDecision, 'inputs' | 'ranges'>): Map<Hex, Set<Hex>> {
  const nameOf = ({ seq }: AllocationRange): Hex => inputs.bids[Number(seq) - 1]!.bid.message.coprocessor;
  const pairs = new Map<Hex, Set<Hex>>();
  for (const primary of ranges.filter(({ role }) => role === 0)) {
    const own = pairs.get(nameOf(primary)) ?? new Set();
    pairs.set(nameOf(primary), own);
    for (const standby of ranges) if (standby.role === 1 && overlap(primary, standby)) own.add(nameOf(standby));
  }
  return pairs;
}

function overlap(one: AllocationRange, other: AllocationRange): boolean {
  const [end, otherEnd] = [one.from + one.units, other.from + other.units];
  return one.class_index === other.class_index && one.from < otherEnd && other.from < end;
}
