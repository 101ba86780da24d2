import type { DataAuction, DataClaim, Fee, Hex } from '@odf/protocol';
import type { ViewedClaim } from '@odf/settlement';

/** Whose statement it is; the narrower key leaves the channels whole and shows only its own rows. */
export interface Subject {
  side: 'operator' | 'owner';
  /** The accounts that pay, or are paid. */
  accounts: readonly Hex[];
  /** A validator of the operator. */
  validator?: Hex;
  /** A coprocessor of the owner. */
  coprocessor?: Hex;
}

/** Who pays whom: the escrow keeps one sum for each pair, whatever the AVS and the relay. */
export interface ChannelPlace {
  operator: Hex;
  owner: Hex;
}

/** A channel as a key of maps. */
export function channelKey({ operator, owner }: ChannelPlace): string {
  return `${operator}:${owner}`;
}

/** The newest voucher of a channel that the relay shows. */
export interface ShownVoucher extends ChannelPlace {
  cumulative_wei: bigint;
  /** Whether the operator signed it; null where that takes the chain, which was not asked. */
  holds: boolean | null;
}

/** What the escrow has paid a channel, and what of it by proofs; wei. */
export interface PaidChannel extends ChannelPlace {
  paid_wei: bigint;
  proved_wei: bigint;
}

/** What the AVS's contract says of an operator's response; `unlisted` where the hub names no contract that tells. */
export type Acceptance = 'final' | 'accepted' | 'none' | 'unlisted';

/** What the chain shows, read after the relay. */
export interface ChainRecords {
  chain_id: bigint;
  /** The block that was newest when reading began. */
  block: bigint;
  /** By {@link channelKey}. */
  channels: ReadonlyMap<string, PaidChannel>;
  /** By fee id. */
  acceptances: ReadonlyMap<string, Acceptance>;
  /** By claim id; null where the contract knows none. */
  claims: ReadonlyMap<Hex, ViewedClaim | null>;
  /** By coprocessor; null where the registry knows none. */
  owners: ReadonlyMap<Hex, Hex | null>;
}

/** How the response to a task ended, as the relay's history has it. */
export type OutcomeName = 'submitted' | 'accepted' | 'rejected' | 'slashed' | 'abandoned' | 'payload_invalid';

/** A claim with the term that its task belongs to. */
export interface TermClaim extends DataClaim {
  /** Null where the relay does not know the task. */
  auction_id: Hex | null;
}

/** What the relay shows of a subject. */
export interface RelayRecords {
  relay: Hex;
  /** Of all terms, oldest first. */
  fees: readonly Fee[];
  /** By {@link channelKey}. */
  vouchers: ReadonlyMap<string, ShownVoucher>;
  claims: readonly TermClaim[];
  /** The terms that are shown. */
  terms: ReadonlyMap<Hex, DataAuction>;
  /** By {@link outcomeKey}. */
  outcomes: ReadonlyMap<string, OutcomeName>;
}

/** A response as a key of maps. */
export function outcomeKey({ task_id, validator }: Pick<Fee, 'task_id' | 'validator'>): string {
  return `${task_id}:${validator}`;
}

/** Two sources that cannot both be right. */
export interface Contradiction {
  code:
    | 'AWARD_INVALID'
    | 'FEE_NOT_AWARDED'
    | 'FEE_DIFFERS'
    | 'COMMITMENT_INVALID'
    | 'OWNER_DIFFERS'
    | 'DUE_NOT_ACCEPTED'
    | 'VOUCHER_INVALID'
    | 'VOUCHER_WITHHELD'
    | 'VOUCHER_UNKNOWN'
    | 'OUTCOME_DIFFERS'
    | 'CLAIM_DIFFERS'
    | 'CLAIM_WITHHELD';
  /** What it is about. */
  at: string;
  /** What the source that counts says. */
  expected: string;
  found: string;
}
