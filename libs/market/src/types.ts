import type {
  AwardLeaf,
  Hex,
  ListTree,
  Member,
  PricingRule,
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

/** What set a price: the bid itself, the rivals, or in a thin market the reference of earlier terms. */
export const PRICE_BASES = ['bid', 'rivals', 'reference'] as const;
export type PriceBasis = (typeof PRICE_BASES)[number];

/** An earlier term whose median price enters the reference; its transcript says the same. */
export interface ReferenceTerm {
  auction_id: Hex;
  median_bps: number;
}

/** What an AVS fixes at an auction's opening. */
export interface AuctionParameters {
  /** Reward per unit and task in wei that basis points refer to. */
  reward_ref_wei: bigint;
  /** Owner cap in bps of all units: the first rung of the ladder. */
  cap_bps: number;
  pricing: PricingRule;
  seed_source: 'vrf';
  /** The newest terms of this AVS that were not thin, oldest first: the thin-market reference is made of them. */
  reference_terms: readonly ReferenceTerm[];
  /** Share of all units in bps that is set aside for newcomers; 0 for none. */
  newcomer_bps: number;
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

/** What may keep a coprocessor from new awards; times in Unix milliseconds, 0 for never. */
export interface Standing {
  /** Registered, bonded, neither revoked nor suspended by its registry. */
  registered: boolean;
  /** End of the suspension by the circuit breaker. */
  suspended_until_ms: bigint;
  /** End of the quarantine after a slash; `UNTIL_SETTLED` while its claim is not paid. */
  quarantined_until_ms: bigint;
}

/** One receipted bid with everything about its bidder that the market looks at. */
export interface BidEntry {
  receipt: Receipt;
  bid: SignedBid;
  /** Address (20 bytes) that carries caps and history. */
  owner: Hex;
  line: LineSnapshot | null;
  reputation: ReputationSnapshot;
  standing: Standing;
  /** What it may still put at risk on its reputation alone, in wei; null where nothing limits it. */
  credit_wei: bigint | null;
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
  /** Units won in the primary role, those of the newcomer lane included. */
  units: number;
  /** Units won in the newcomer lane. */
  lane_units: number;
  /** Units that it stands by for. */
  standby_units: number;
  /** What it puts at risk on its reputation alone in wei, in both roles: its credit answers for it. */
  exposure_wei: bigint;
  /** Highest price paid to it as a primary in bps; 0 when it won nothing. */
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
  /** Cover in wei that is reserved for each unit. */
  liability_wei: bigint;
  basis: PriceBasis;
  /** Whether the newcomer lane awarded it. */
  lane: boolean;
}

/** Permuted ordinals `[from, from + units)` of a class that nobody serves in a role. */
export interface UnservedUnits {
  role: Role;
  class_index: number;
  from: number;
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
  /** Σ cover in wei that is reserved for its units. */
  readonly cover_wei: bigint;
  /** Highest price in bps among its ranges. */
  readonly price_bps: number;
  /** Rising by validator_root. */
  readonly leaves: readonly AwardLeaf[];
  readonly award_root: Hex;
  /** The tree behind `award_root`. */
  readonly tree: ListTree;
}

/** One exact clearing: of the primaries, or of the standbys. */
export interface ClearedRole {
  /** Owner cap in bps that was used. */
  cap_bps: number;
  /** Whether the cap had to be relaxed beyond the parameter. */
  cap_relaxed: boolean;
  /** Σ score·units + Σ max fee·unserved of the optimum, in bps: equal to its lower bound, as the clearing is exact. */
  cost_bps: bigint;
}

/** What was set aside for newcomers. */
export interface LaneSummary {
  /** Bid in bps up to which newcomers were let in: the highest accepted score of all others; null when there was none. */
  marginal_bps: number | null;
  /** Units that newcomers won in the lane. */
  units: number;
}

/** How an auction ended. */
export interface AuctionDecision {
  readonly inputs: AuctionInputs;
  /** No bid counted: the auction is void and opens again as the next round. */
  readonly void: boolean;
  /** Reference of the thin-market rule in bps; null without history. */
  readonly reference_bps: number | null;
  /** Median price in bps of the units whose price rivals set; null in a thin term, which no reference is made of. */
  readonly median_bps: number | null;
  /** The clearing of all units but the lane's. */
  readonly primary: ClearedRole;
  readonly lane: LaneSummary;
  /** The clearing of the served units among the others who stand by. */
  readonly standby: ClearedRole;
  /** By seq. */
  readonly bids: readonly BidOutcome[];
  /** By (role, class_index, from). */
  readonly ranges: readonly AllocationRange[];
  /** By (role, class_index, from). */
  readonly unserved: readonly UnservedUnits[];
  /** By (role, seq). */
  readonly awards: readonly DecidedAward[];
}

/** What a validator has in one role, and why it has no more. */
export interface RoleExplanation {
  /** Null when it has an award. */
  reason: NoAwardReason | null;
  award: DecidedAward | null;
  price_bps: number | null;
}

/** Why a validator got what it got. */
export interface MemberExplanation extends RoleExplanation {
  class_index: number | null;
  /** Null when there is no primary to stand by for. */
  standby: RoleExplanation | null;
}
