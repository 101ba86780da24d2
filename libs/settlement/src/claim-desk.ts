import type { ClaimEvidence, Hex } from '@odf/protocol';

/** A call of a contract, ready to be sent from any account; wei. */
export interface ChainCall {
  to: Hex;
  data: Hex;
  value: bigint;
}

/** A claim that the contract would take as the chain stands now; wei. */
export interface PreparedClaim {
  /** keccak256(abi.encode(attestation signing root, slash key)): the same whoever files it. */
  claim_id: Hex;
  /** What the contract would hold for it. */
  amount_wei: bigint;
  call: ChainCall;
}

/** What the chain says of a claim that nobody has filed yet; wei. */
export interface JudgedClaim extends Pick<PreparedClaim, 'claim_id' | 'amount_wei'> {
  /** What has to come along with the filing. */
  bond_wei: bigint;
}

/** A claim as the contract holds it; wei, Unix milliseconds. */
export interface FiledClaim {
  /** `filed` also when a dispute of it was resolved for the operator. */
  state: 'filed' | 'disputed' | 'finalised' | 'rejected' | 'vetoed';
  line_id: Hex;
  task_id: Hex;
  operator: Hex;
  filer: Hex;
  /** Held for it, and once it is finalised: paid. */
  amount_wei: bigint;
  /** Of the filer. */
  bond_wei: bigint;
  filed_at_ms: number;
  /** Not paid before this; pauses until now are counted in. */
  finalisable_at_ms: number;
  /** How often it was vetoed; after the first time it may be filed once more. */
  vetoes: number;
}

/** Whether a claim that was filed makes way for another filing: it was vetoed, and the second veto is the last word. */
export function mayBeFiledAgain(filed: Pick<FiledClaim, 'state' | 'vetoes'> | null): boolean {
  return filed?.state === 'vetoed' && filed.vetoes === 1;
}

/** Why evidence makes no claim now. */
export type ClaimRefusalKind =
  /** The slash does not stand on the chain, or not deep enough yet. */
  | 'unconfirmed'
  /** The block of the slash is not anchored yet: send {@link ClaimDesk.anchor} first. */
  | 'unanchored'
  /** The contract would refuse; the message says why. */
  | 'refused';

/** A claim that cannot be filed now. */
export class ClaimRefusal extends Error {
  override readonly name = 'ClaimRefusal';

  constructor(
    readonly kind: ClaimRefusalKind,
    message: string,
  ) {
    super(message);
  }
}

/** Turns evidence into calls of the claims contract; holds no key and no power over anybody's money. */
export abstract class ClaimDesk {
  /**
   * Builds a claim on the evidence's slash and lets the chain judge it.
   *
   * @param amountWei the most that is asked; the contract may hold less.
   * @throws {ClaimRefusal} when it cannot be filed now.
   */
  abstract prepare(evidence: ClaimEvidence, amountWei: bigint): Promise<PreparedClaim>;

  /**
   * Lets the chain judge a claim as if the block of its slash were anchored, which anybody can see to afterwards, and as
   * if the sender could pay the bond: a poor account makes no claim wrong.
   *
   * @throws {ClaimRefusal} unconfirmed or refused.
   */
  abstract judge(evidence: ClaimEvidence, amountWei: bigint): Promise<JudgedClaim>;

  /**
   * Whether the hash of a slash's block is kept on chain already.
   *
   * @throws {ClaimRefusal} unconfirmed, or refused where the oracle keeps none.
   */
  abstract isAnchored(transaction: Hex): Promise<boolean>;

  /**
   * Keeps the hash of a slash's block on chain, so that it can be proved later than 27 hours after.
   *
   * @throws {ClaimRefusal} unconfirmed, or refused where the chain has forgotten the block or the oracle keeps none.
   */
  abstract anchor(transaction: Hex): Promise<ChainCall>;

  /** A claim as the chain has it now; null where there is none. */
  abstract stateOf(claimId: Hex): Promise<FiledClaim | null>;

  /** Pays a claim whose windows have passed. */
  abstract finalise(claimId: Hex): ChainCall;
}
