import type { ClaimEvidence, Hex } from '@odf/protocol';

/** What an AVS took of an operator for a task. */
export interface AcceptedResponse {
  /** What the operator's signature covers. */
  digest: Hex;
  /** Whether the challenge window has passed without a slash. */
  final: boolean;
}

/** A slash of one of the asked operators for a response, deep enough in the chain. */
export interface SeenSlash {
  operator: Hex;
  task_id: Hex;
  transaction: Hex;
  log_index: number;
}

/** Slashes since a cursor. */
export interface SlashPage {
  slashes: SeenSlash[];
  /** Where to go on; the same when there was nothing new. */
  cursor: string;
}

/** A claim as the claims contract holds it; wei, Unix milliseconds. */
export interface ClaimOnChain {
  state: 'filed' | 'disputed' | 'finalised' | 'rejected' | 'vetoed';
  operator: Hex;
  task_id: Hex;
  amount_wei: bigint;
  finalisable_at_ms: number;
}

/** What the sidecar reads of the settlement by itself, whatever a relay says; ids, keys and accounts are lower-case hex. */
export interface SettlementView {
  /** Whether the hub names who tells accepted responses of an AVS; where it does not, the AVS's own answer counts. */
  isListed(avsId: Hex): Promise<boolean>;
  /** The response of an operator that an AVS accepted; null where there is none. */
  acceptedResponse(avsId: Hex, taskId: Hex, operator: Hex): Promise<AcceptedResponse | null>;
  /** The account that owns a coprocessor's key; null for a key that is not registered. */
  ownerOf(coprocessor: Hex): Promise<Hex | null>;
  /** What an owner was ever paid out of an operator's escrow; wei. */
  paidWei(operator: Hex, owner: Hex): Promise<bigint>;
  /** Slashes of these operators after the cursor; undefined starts at the settlement's first block. */
  slashesOf(operators: readonly Hex[], cursor: string | undefined): Promise<SlashPage>;
  /** A claim; null where there is none. */
  claimOf(claimId: Hex): Promise<ClaimOnChain | null>;
  /** The chain's time, which windows of claims are measured by; Unix milliseconds. */
  nowMs(): Promise<number>;
}

/** Files claims on chain with an account that pays the gas; both may be asked again and take effect once. */
export interface ClaimFiler {
  /**
   * Anchors the slash if need be and files the claim; answers the claim that is there already when there is one.
   *
   * @throws {ClaimRefusal} when the chain does not take it now.
   */
  file(evidence: ClaimEvidence, amountWei: bigint): Promise<{ claim_id: Hex }>;
  /** Pays a claim whose windows have passed. */
  finalise(claimId: Hex): Promise<void>;
}

/** The settlement as a sidecar needs it. */
export interface SettlementPorts {
  chainId: bigint;
  /** The hub. */
  settlement: Hex;
  view: SettlementView;
  /** Without it claims go through relays only. */
  filer?: ClaimFiler;
}
