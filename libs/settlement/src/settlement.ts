import type { Hex } from '@odf/protocol';

/** The native asset of the chain, as cover lines name it. */
export const NATIVE_ASSET: Hex = `0x${'00'.repeat(20)}`;

/** What backs a line, numbered as in `CollateralRule.kind`. */
export const lineKinds = { posted: 1, restaked: 2 } as const;

/** 1 posted, 2 restaked. */
export type LineKind = (typeof lineKinds)[keyof typeof lineKinds];

/** A coprocessor as the registry knows it. */
export interface RegisteredCoprocessor {
  pubkey: Hex;
  /** The EVM account that owns the key and its lines. */
  owner: Hex;
  bonded: boolean;
  suspended: boolean;
  /** A revoked key wins nothing new and stays liable for what it signed. */
  revoked: boolean;
}

/** What a claim on a line must satisfy, as its contract checks it. */
export interface ClaimTerms {
  /** Proves slashes. */
  oracle: Hex;
  /** Says which response a slash was for. */
  attributor: Hex;
  /** Part of the own loss that is paid, basis points. */
  coverage_bips: number;
  /** Bit `f` covers fault `f` of the attributor. */
  fault_mask: bigint;
  /** The only slasher whose slashes are paid, null for any. */
  pinned_slasher: Hex | null;
  /** Whether slashes are paid whose funds went to somebody. */
  allow_redistribution: boolean;
}

/** A cover line as it stands on the settlement; what of it is reserved is the relay's own ledger. */
export interface CoverLine {
  line_id: Hex;
  /** BLS key, 48 bytes. */
  coprocessor: Hex;
  owner: Hex;
  kind: LineKind;
  /** Token contract, {@link NATIVE_ASSET} for the chain's own. */
  asset: Hex;
  /** The most that all claims on this line can ever take together. */
  cap_wei: bigint;
  /** Part of the cap that claims have drawn or hold. */
  taken_wei: bigint;
  valid_from_ms: bigint;
  /** Awards must end by then. */
  valid_until_ms: bigint;
  /** How long after `valid_until_ms` a slash may still be claimed. */
  slash_tail_ms: bigint;
  /** The AVS that the line covers, null for any. */
  avs_id: Hex | null;
  /** Key root of the relay whose awards the line counts for, null for any. */
  relay_root: Hex | null;
  /** The only operator that the line covers, null for every operator in an award. */
  operator: Hex | null;
  /** Null where nothing is claimed: on the settlement in memory. */
  claim_terms: ClaimTerms | null;
  /** The block as of which this holds. */
  block_number: bigint;
}

/** An operator's prefunded fees; wei. */
export interface FeeEscrowAccount {
  balance_wei: bigint;
  /** Part of the balance whose withdrawal has been requested. */
  leaving_wei: bigint;
  /** Σ that all owners have had of it. */
  paid_wei: bigint;
}

/** Whether an operator may be enrolled for an AVS now, and if not, why. */
export type Membership = { live: true } | { live: false; reason: string };

/**
 * What the relay reads from the settlement contracts.
 *
 * Implementations: the chain, and an in-memory twin for tests. Keys, accounts and ids are lower-case hex.
 */
export abstract class Settlement {
  abstract readonly chainId: bigint;
  /** The hub contract: the `settlement` of every signing and EIP-712 domain, 20 bytes. */
  abstract readonly address: Hex;

  /** The registration of a coprocessor key, or null if there is none. */
  abstract coprocessor(pubkey: Hex): Promise<RegisteredCoprocessor | null>;

  /** A cover line, or null if there is none of that id. */
  abstract line(lineId: Hex): Promise<CoverLine | null>;

  /** All lines of a coprocessor, oldest first. */
  abstract linesOf(pubkey: Hex): Promise<CoverLine[]>;

  /** Whether an operator is in the operator set of an AVS with at least `slashableWei` of slashable stake. */
  abstract membership(avsId: Hex, operator: Hex, slashableWei: bigint): Promise<Membership>;

  /** What stands in an operator's fee escrow; zeros where nothing was ever deposited. */
  abstract escrow(operator: Hex): Promise<FeeEscrowAccount>;

  /** ERC-1271: whether the contract at `address` takes `signature` as its own over `digest`; false where there is no contract. */
  abstract isValidContractSignature(address: Hex, digest: Hex, signature: Hex): Promise<boolean>;
}
