import type { CoverLineTerms } from '../calls/line-calls.js';
import type { Hex } from '@odf/protocol';

/** A coprocessor key in the registry. */
export interface CoprocessorState {
  /** 48 bytes, compressed. */
  pubkey: Hex;
  owner: Hex;
  revoked: boolean;
  /** Whether its bond is still in the registry. */
  bonded: boolean;
}

/** Collateral of an owner in one asset, wei of it. */
export interface CollateralState {
  owner: Hex;
  asset: Hex;
  free: bigint;
  locked: bigint;
  unbonding: bigint;
  /** When what unbonds may leave, Unix seconds. */
  ready_at: bigint;
}

/** What the vault owes a beneficiary in one asset, wei of it. */
export interface EntitlementState {
  beneficiary: Hex;
  asset: Hex;
  amount: bigint;
}

/** A cover line; wei of its asset. */
export interface LineState {
  terms: CoverLineTerms;
  /** Drawn by claims that were paid. */
  spent: bigint;
  /** Held back for claims that are not decided. */
  held: bigint;
  closed: boolean;
}

/** An operator's prefunded fees, wei. */
export interface EscrowState {
  balance: bigint;
  /** Part of the balance whose withdrawal was requested. */
  leaving: bigint;
  /** When it may leave, Unix seconds. */
  ready_at: bigint;
  /** Σ paid to all owners. */
  paid: bigint;
}

/** One payment channel from an operator to a coprocessor's owner, wei. */
export interface ChannelState {
  operator: Hex;
  owner: Hex;
  paid: bigint;
  /** Σ fees that were proved without a voucher. */
  proved: bigint;
}

/** The hot key that may sign an operator's vouchers. */
export interface VoucherSignerState {
  hot_key: Hex;
  /** Unix seconds. */
  valid_until: bigint;
  nonce: bigint;
}

/** Where a claim stands, as the contract calls it. */
export type ClaimStanding = 'filed' | 'disputed' | 'resolved' | 'finalised' | 'rejected' | 'vetoed';

/** A transaction that moved a claim. */
export interface ClaimStep {
  standing: ClaimStanding | 'restored';
  transaction: Hex;
  block_number: bigint;
  /** The block's time, Unix seconds. */
  at: bigint;
}

/** A fraud claim; wei of the line's asset. */
export interface ClaimState {
  standing: ClaimStanding;
  line_id: Hex;
  operator: Hex;
  task_id: Hex;
  /** What is held for it. */
  amount: bigint;
  paid: bigint;
  /** Paid back after the slash was reversed. */
  restored: bigint;
  /** Not paid before this, Unix seconds; pauses since the filing extend it. */
  finalisable_at: bigint;
  /** Of a rejection or veto, 32 bytes. */
  reason: Hex | null;
  steps: ClaimStep[];
}

/** What the hub says of an AVS. */
export interface AvsTermsState {
  listed: boolean;
  avs: Hex;
  operator_set_id: number;
  acceptance: Hex;
  veto_seconds: bigint;
  challenge_seconds: bigint;
}

/** Whether new lines may name an oracle or attributor. */
export interface OracleState {
  allowed: boolean;
}

/** The hub's parameters; wei, Unix seconds. */
export interface HubState {
  registration_bond: bigint;
  claim_bond: bigint;
  /** New lines and filings are paused until then. */
  paused_until: bigint;
}

/** What the mirror keeps, by kind. Ids of pairs are both parts one after the other. */
export interface MirrorStates {
  /** By key root. */
  coprocessor: CoprocessorState;
  /** By owner and asset, grouped by owner. */
  collateral: CollateralState;
  /** By beneficiary and asset, grouped by beneficiary. */
  entitlement: EntitlementState;
  /** By id, grouped by coprocessor (key root). */
  line: LineState;
  /** By operator. */
  escrow: EscrowState;
  /** By operator and owner, grouped by operator. */
  channel: ChannelState;
  /** By operator. */
  voucher_signer: VoucherSignerState;
  /** By id, grouped by line. */
  claim: ClaimState;
  /** By AVS id, grouped by hub. */
  avs: AvsTermsState;
  /** By address, grouped by hub. */
  oracle: OracleState;
  /** By hub. */
  hub: HubState;
}

/** A kind of subject that the mirror keeps. */
export type MirrorKind = keyof MirrorStates;

const BIGINT = /^\d+n$/;

/** A state as JSON: bigints become text such as `"42n"`, which no hex of a state looks like. */
export function stateToJson(state: object): unknown {
  return JSON.parse(
    JSON.stringify(state, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value)),
  ) as unknown;
}

/** The state that {@link stateToJson} wrote; null stays null. */
export function stateFromJson<T>(json: unknown): T {
  if (typeof json === 'string') return (BIGINT.test(json) ? BigInt(json.slice(0, -1)) : json) as T;
  if (Array.isArray(json)) return json.map((item) => stateFromJson<unknown>(item)) as T;
  if (typeof json !== 'object' || json === null) return json as T;
  return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, stateFromJson(value)])) as T;
}
