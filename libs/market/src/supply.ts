import { concatBytes, fromHex, sha256, type Hex } from '@odf/protocol';
import { addBit, bitset, isEmptySet } from './bitset.js';
import type { ClassDemand } from './clearing.js';
import { compilePolicy, denialOf, matchTiers, type Backing, type CompiledPolicy } from './eligibility.js';
import type { Bidders, Piece } from './ladder.js';
import { maxFeeBps } from './policy.js';
import type { LossReason } from './reasons.js';
import { penaltyBps, reputationFloor } from './reputation.js';
import type { AuctionInputs, BidEntry, PolicyClass } from './types.js';

/** A bid that counts, with what limits it. */
export interface Bidder {
  entry: BidEntry;
  penaltyBps: number;
  /** Σ units of its steps. */
  offered: number;
  /** Units that its cover pays for; as many as it offers when it reserves none. */
  covered: number;
  /** Units that it may win before the owner cap. */
  capacity: number;
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
  const policies = inputs.classes.map(({ policy }) => compilePolicy(policy));
  const total = demand.sizes.reduce((sum, size) => sum + size, 0);
  const pieces: Piece[] = [];
  const list = counted.map((entry, index) => {
    const bidder = bidderOf(entry, total);
    const match = matchClasses(entry, policies, inputs);
    const own = piecesOf(entry, index, bidder.penaltyBps, match.classes, demand);
    pieces.push(...own);
    const served = own.some(({ eligible }) => !isEmptySet(eligible));
    return { ...bidder, exclusion: served ? null : (match.exclusion ?? 'OVER_RESERVE') };
  });
  return {
    list,
    pieces,
    capacities: list.map(({ capacity }) => capacity),
    ties: list.map(({ entry }) => tieBreaker(inputs.seed, entry.owner)),
  };
}

/** Breaks ties of equal scores: sha256(seed ‖ owner). */
export function tieBreaker(seed: Hex, owner: Hex): Hex {
  return sha256(concatBytes(fromHex(seed), fromHex(owner)));
}

function bidderOf(entry: BidEntry, total: number): Omit<Bidder, 'exclusion'> {
  const { cover_wei_per_unit: cover, steps } = entry.bid.message;
  const offered = steps.reduce((sum, { units }) => sum + units, 0);
  const affordable = cover === 0n ? BigInt(offered) : (entry.line?.free_wei ?? 0n) / cover;
  const covered = affordable < BigInt(offered) ? Number(affordable) : offered;
  const capacity = Math.min(offered, covered, entry.capacity ?? offered, total);
  return { entry, penaltyBps: penaltyBps(entry.reputation), offered, covered, capacity };
}

/** Classes whose lists and tiers the bid meets, and if there are none, the reason. */
function matchClasses(
  entry: BidEntry,
  policies: readonly CompiledPolicy[],
  inputs: AuctionInputs,
): { classes: Uint32Array; exclusion: LossReason | null } {
  const { coprocessor, cover_wei_per_unit, assurance } = entry.bid.message;
  const backing: Backing = {
    coprocessor,
    cover_wei_per_unit,
    line: entry.line,
    reputation_floor: Number(reputationFloor(entry.reputation)),
    assurance: assurance & inputs.parameters.checked_assurance,
    slashed_asset: inputs.parameters.slashed_asset,
  };
  const classes = bitset(policies.length);
  let exclusion: LossReason | null = 'NO_ELIGIBLE_CLASS';
  policies.forEach((compiled, index) => {
    if (denialOf(compiled.policy, coprocessor)) return;
    const match = matchTiers(compiled, backing);
    if (match.ok) {
      addBit(classes, index);
      exclusion = null;
    } else if (exclusion && match.reason === 'REPUTATION_TOO_LOW') exclusion = 'REPUTATION_LIMIT';
  });
  return { classes, exclusion };
}

function piecesOf(
  entry: BidEntry,
  bidder: number,
  penalty: number,
  classes: Uint32Array,
  demand: ClassDemand,
): Piece[] {
  return entry.bid.message.steps.map(({ fee_share_bps: share, units }, step) => {
    const eligible = Uint32Array.from(classes);
    demand.reserves.forEach((reserve, index) => {
      if (share > reserve) eligible[index >>> 5]! &= ~(1 << (index & 31));
    });
    return { bidder, step, score: share + penalty, units, eligible };
  });
}
