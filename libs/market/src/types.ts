import type {
  AwardLeaf,
  Hex,
  ListTree,
  Member,
  Receipt,
  SignedBid,
  SignedBidsFrozen,
  TrustPolicy,
} from '@odf/protocol';
import type { LossReason, NoAwardReason } from './reasons.js';

/** What the auction is for and when; times in Unix milliseconds. */
export interface AuctionFacts {
  auction_id: Hex;
  avs_id: Hex;
  mode: 'term' | 'task';
  /** Only in task mode. */
  task_id: Hex | null;
  round: number;
  opens_at_ms: bigint;
  closes_at_ms: bigint;
  frozen_at_ms: bigint;
  term_start_ms: bigint;
  term_end_ms: bigint;
}

/** How winners are paid: their bid, or the critical (VCG) price. */
export type PricingRule = 'first' | 'critical';

/** What an AVS fixes at an auction's opening. */
export interface AuctionParameters {
  /** Reward per unit and task in wei that basis points refer to. */
  reward_ref_wei: bigint;
  /** Owner cap in bps of all units: the first rung of the ladder. */
  cap_bps: number;
  pricing: PricingRule;
  seed_source: 'vrf';
  /** Reference of the thin-market rule in bps; null without history. */
  thin_reference_bps: number | null;
  /** Asset that the AVS slashes (0x0…0 native ETH): a line covers only in this asset; null when any asset may. */
  slashed_asset: Hex | null;
  /** Assurance bits that the plug-in checks on every delivery; others do not count. */
  checked_assurance: number;
}

/** A line of collateral as it stood at `block_number`; wei. */
export interface LineSnapshot {
  asset: Hex;
  /** 1 posted, 2 restaked. */
  kind: number;
  /** Cover not reserved for other terms. */
  free_wei: bigint;
  /** Whether it belongs to the bidder, serves this AVS and outlasts the term. */
  valid: boolean;
  block_number: bigint;
}

/** Weighted good (`r`) and bad (`s`) observations in both dimensions, 1e9 fixed point. */
export interface ReputationSnapshot {
  live_r: bigint;
  live_s: bigint;
  safe_r: bigint;
  safe_s: bigint;
}

/** One receipted bid with everything about its bidder that the market looks at. */
export interface BidEntry {
  receipt: Receipt;
  bid: SignedBid;
  /** Address (20 bytes) that carries caps and history. */
  owner: Hex;
  line: LineSnapshot | null;
  reputation: ReputationSnapshot;
  suspended: boolean;
  /** Units that the bidder can still run beside its other terms; null = no limit but the bid's own. */
  capacity: number | null;
}

/** Members of one quantised policy; `root` is the policy's hash_tree_root. */
export interface PolicyClass {
  index: number;
  root: Hex;
  policy: TrustPolicy;
  count: number;
}

/** Everything that decides an auction. */
export interface AuctionInputs {
  auction: AuctionFacts;
  parameters: AuctionParameters;
  /** Every receipted bid, replaced and cancelled ones included, by seq 1, 2, …. */
  bids: readonly BidEntry[];
  /** Rising by root, as `classesOf` gives them. */
  classes: readonly PolicyClass[];
  /** Rising by (class_index, validator_root), as `classesOf` gives them. */
  members: readonly Member[];
  frozen: SignedBidsFrozen;
  seed: Hex;
}

/** What became of one receipted bid. */
export interface BidOutcome {
  seq: bigint;
  coprocessor: Hex;
  /** Quality penalty 10000·(1 − m) in bps, added to every step's share to give its score. */
  penalty_bps: number;
  /** Units won in the primary role. */
  units: number;
  /** Highest price paid to it in bps; 0 when it won nothing. */
  price_bps: number;
  /** Why it won nothing; null for a winner. */
  loss_reason: LossReason | null;
  /** Why a winner did not win all that it offered; null for losers and for winners of everything. */
  limited_by: LossReason | null;
}

/** The role of a range or award: 0 primary, 1 standby. */
export type Role = 0 | 1;

/** Permuted ordinals `[from, from + units)` of a class, served by one step of one bid at one price. */
export interface AllocationRange {
  role: Role;
  class_index: number;
  seq: bigint;
  /** Index of the bid's price step. */
  step: number;
  from: number;
  units: number;
  price_bps: number;
  fee_wei: bigint;
}

/** Units of a class that nobody serves: the permuted ordinals past its ranges. */
export interface UnservedUnits {
  class_index: number;
  units: number;
  reason: NoAwardReason;
}

/** What one coprocessor won; leaves and root are computed when first asked for. */
export interface DecidedAward {
  readonly role: Role;
  readonly seq: bigint;
  readonly coprocessor: Hex;
  readonly line_id: Hex;
  readonly owner: Hex;
  readonly units: number;
  /** Highest price in bps among its ranges. */
  readonly price_bps: number;
  /** Rising by validator_root. */
  readonly leaves: readonly AwardLeaf[];
  readonly award_root: Hex;
  /** The tree behind `award_root`. */
  readonly tree: ListTree;
}

/** How an auction ended. */
export interface AuctionDecision {
  readonly inputs: AuctionInputs;
  /** No bid counted: the auction is void and opens again as the next round. */
  readonly void: boolean;
  /** Owner cap in bps that was used. */
  readonly cap_bps: number;
  /** Whether the cap had to be relaxed beyond the parameter. */
  readonly cap_relaxed: boolean;
  /** Σ score·units + Σ max fee·unserved of the optimum, in bps: equal to its lower bound, as the clearing is exact. */
  readonly cost_bps: bigint;
  /** By seq. */
  readonly bids: readonly BidOutcome[];
  /** By (role, class_index, from). */
  readonly ranges: readonly AllocationRange[];
  /** By class_index; classes that are wholly served are left out. */
  readonly unserved: readonly UnservedUnits[];
  /** By (role, seq). */
  readonly awards: readonly DecidedAward[];
}

/** Why a validator got what it got. */
export interface MemberExplanation {
  /** Null when it has an award. */
  reason: NoAwardReason | null;
  class_index: number | null;
  award: DecidedAward | null;
  price_bps: number | null;
}
