import { concatBytes, fromHex, sha256, type Hex } from '@odf/protocol';
import { addBit, bitset, isEmptySet, removeBit } from './bitset.js';
import type { ClassDemand } from './clearing.js';
import { compilePolicy, denialOf, matchTiers, type Backing, type CompiledPolicy } from './eligibility.js';
import type { Bidders, Piece } from './ladder.js';
import { maxFeeBps } from './policy.js';
import type { LossReason } from './reasons.js';
import { penaltyBps, reputationFloor } from './reputation/bounds.js';
import type { AuctionInputs, BidEntry, PolicyClass } from './types.js';

/** A bid that counts, with what limits it. */
export interface Bidder {
  entry: BidEntry;
  penaltyBps: number;
  /** Σ units of its steps. */
  offered: number;
  /** Units that it offers and can run beside its other terms. */
  running: number;
  /** Units that its cover, or without cover its credit, answers for; as many as it offers where nothing is at risk. */
  secured: number;
  /** Units that it may win before the owner cap. */
  capacity: number;
  /** Classes that its secured units may serve. */
  classes: Uint32Array;
  /** Classes that its other units may serve too, as they put nothing at risk there. */
  bareClasses: Uint32Array;
  /** Why no class may be served by it; null when some may. */
  exclusion: LossReason | null;
}

/** The supply side of an auction: the bidders by seq, and their steps for the clearing. */
export interface SupplySide extends Bidders {
  list: readonly Bidder[];
}

/** The demand side of an auction, as the clearing sees it. */
export function demandOf(classes: readonly PolicyClass[], rewardRefWei: bigint): ClassDemand {
  return {
    sizes: Int32Array.from(classes, ({ count }) => count),
    reserves: Int32Array.from(classes, ({ policy }) => maxFeeBps(policy, rewardRefWei)),
  };
}

/** Turns the bids that count into bidders and pieces. */
export function supplyOf(inputs: AuctionInputs, demand: ClassDemand, counted: readonly BidEntry[]): SupplySide {
  const policies = inputs.classes.map(({ policy }) => compileForTrust(policy));
  const total = demand.sizes.reduce((sum, size) => sum + size, 0);
  const list = counted.map((entry) => bidderOf(entry, matchClasses(entry, policies, inputs), demand, total));
  return {
    list,
    pieces: list.flatMap((bidder, index) => {
      const units = bidder.entry.bid.message.steps.map((step) => step.units);
      return piecesOf(bidder, index, splitSteps(units, bidder.capacity, bidder.secured), demand);
    }),
    capacities: list.map(({ capacity }) => capacity),
    ties: list.map(({ entry }) => tieBreaker(inputs.seed, entry.owner)),
  };
}

/** Breaks ties of equal scores: sha256(seed ‖ owner). */
export function tieBreaker(seed: Hex, owner: Hex): Hex {
  return sha256(concatBytes(fromHex(seed), fromHex(owner)));
}

/** Units of a step that are secured, and those that are not. */
export interface SplitStep {
  secured: number;
  bare: number;
}

/** Splits a bidder's units: cover and credit answer for its cheapest steps first. */
export function splitSteps(units: readonly number[], capacity: number, secured: number): SplitStep[] {
  let [unitsLeft, securedLeft] = [capacity, Math.min(secured, capacity)];
  return units.map((offered) => {
    const open = Math.min(offered, unitsLeft);
    const safe = Math.min(open, securedLeft);
    unitsLeft -= open;
    securedLeft -= safe;
    return { secured: safe, bare: open - safe };
  });
}

/** A bidder's pieces: per step the units that are secured, and those that serve only where nothing is at risk. */
export function piecesOf(
  { entry, penaltyBps: penalty, classes, bareClasses }: Bidder,
  bidder: number,
  split: readonly SplitStep[],
  demand: ClassDemand,
): Piece[] {
  const { steps, cover_wei_per_unit: cover } = entry.bid.message;
  return steps.flatMap(({ fee_share_bps: share }, step): Piece[] => {
    const piece = { bidder, step, score: share + penalty };
    const { secured, bare } = split[step]!;
    const safe = affordable(classes, share, demand);
    const pieces = [{ ...piece, units: secured, eligible: safe, liabilityWei: cover, secured: true }];
    if (bare === 0 || isEmptySet(bareClasses)) return pieces;
    const open = affordable(bareClasses, share, demand);
    return [...pieces, { ...piece, units: bare, eligible: open, liabilityWei: 0n, secured: false }];
  });
}

/** Those classes whose max fee reaches a share. */
function affordable(classes: Uint32Array, share: number, demand: ClassDemand): Uint32Array {
  const eligible = Uint32Array.from(classes);
  demand.reserves.forEach((reserve, index) => {
    if (share > reserve) removeBit(eligible, index);
  });
  return eligible;
}

/** What a bid is matched with: the whole policy, and what is left of it without tiers that trust a reputation alone. */
export interface TrustPolicies {
  whole: CompiledPolicy;
  withoutTrust: CompiledPolicy;
}

/** Prepares a policy for bids whose credit is limited. */
export function compileForTrust(policy: PolicyClass['policy']): TrustPolicies {
  const whole = compilePolicy(policy);
  const tiers = policy.tiers.filter(
    ({ assurance, min_reputation_bps }, index) =>
      whole.demandedWei[index]! > 0n || assurance !== 0 || min_reputation_bps === 0,
  );
  return { whole, withoutTrust: tiers.length < policy.tiers.length ? compilePolicy({ ...policy, tiers }) : whole };
}

/** The classes that a bid may serve. */
interface ClassMatch {
  classes: Uint32Array;
  /** Those that ask neither for its cover nor for its credit. */
  bareClasses: Uint32Array;
  /** The most in wei that a unit loses in a class that trusts its reputation alone. */
  exposureWei: bigint;
  /** Why it may serve none. */
  exclusion: LossReason | null;
}

function matchClasses(entry: BidEntry, policies: readonly TrustPolicies[], inputs: AuctionInputs): ClassMatch {
  const backing = backingOf(entry, inputs);
  const covers = backing.cover_wei_per_unit > 0n;
  const match: ClassMatch = {
    classes: bitset(policies.length),
    bareClasses: bitset(policies.length),
    exposureWei: 0n,
    exclusion: 'NO_ELIGIBLE_CLASS',
  };
  policies.forEach(({ whole, withoutTrust }, index) => {
    if (denialOf(whole.policy, backing.coprocessor)) return;
    const tier = matchTiers(whole, backing);
    if (!tier.ok) {
      if (match.exclusion && tier.reason === 'REPUTATION_TOO_LOW') match.exclusion = 'REPUTATION_LIMIT';
      return;
    }
    match.exclusion = null;
    addBit(match.classes, index);
    if (covers) return;
    if (whole === withoutTrust || matchTiers(withoutTrust, backing).ok) addBit(match.bareClasses, index);
    else if (whole.policy.slashable_wei > match.exposureWei) match.exposureWei = whole.policy.slashable_wei;
  });
  return match;
}

/** What stands behind a bid, as far as policies ask for it. */
export function backingOf(entry: BidEntry, { parameters }: AuctionInputs): Backing {
  const { coprocessor, cover_wei_per_unit, assurance } = entry.bid.message;
  return {
    coprocessor,
    cover_wei_per_unit,
    line: entry.line,
    reputation_floor: Number(reputationFloor(entry.reputation)),
    assurance: assurance & parameters.checked_assurance,
    slashed_asset: parameters.slashed_asset,
  };
}

function bidderOf(entry: BidEntry, match: ClassMatch, demand: ClassDemand, total: number): Bidder {
  const { cover_wei_per_unit: cover, steps } = entry.bid.message;
  const offered = steps.reduce((sum, { units }) => sum + units, 0);
  const running = Math.min(offered, entry.capacity ?? offered);
  const secured = securedUnits(entry, offered, match.exposureWei);
  const served = steps.some(({ fee_share_bps: share }) => !isEmptySet(affordable(match.classes, share, demand)));
  return {
    entry,
    penaltyBps: penaltyBps(entry.reputation),
    offered,
    running,
    secured,
    capacity: Math.min(running, cover > 0n ? secured : running, total),
    classes: match.classes,
    bareClasses: match.bareClasses,
    exclusion: served ? null : (match.exclusion ?? 'OVER_RESERVE'),
  };
}

/** Units that the line covers, or that the credit answers for when no cover is offered. */
function securedUnits({ bid, line, credit_wei }: BidEntry, offered: number, exposureWei: bigint): number {
  const cover = bid.message.cover_wei_per_unit;
  const [purse, perUnit] = cover > 0n ? [line?.free_wei ?? 0n, cover] : [credit_wei, exposureWei];
  if (purse === null || perUnit === 0n) return offered;
  const affordableUnits = purse / perUnit;
  return affordableUnits < BigInt(offered) ? Number(affordableUnits) : offered;
}
