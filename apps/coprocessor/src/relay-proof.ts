import {
  Award,
  keyRoot,
  ReceiptKind,
  type Hex,
  type SignedAward,
  type SignedReceipt,
  type SigningContext,
} from '@odf/protocol';
import { verifySignature } from '@odf/bls';
import { verifyReceipt, verifySigned } from '@odf/client';

/** A relay's identity: what its signatures are checked against. */
export interface RelayIdentity {
  pubkey: Hex;
  context: SigningContext;
}

/** What a receipt has to acknowledge. */
export interface ReceiptSubject {
  kind: keyof typeof ReceiptKind;
  /** Root of the bid or attestation. */
  subject_root: Hex;
  /** The coprocessor's key. */
  signer: Hex;
  /** Zero for a standing bid's own receipt. */
  auction_id: Hex;
}

/** The relay's answer is no proof of what it should prove. */
export class ProofInvalid extends Error {
  override readonly name = 'ProofInvalid';
}

/**
 * Checks that a receipt is about this subject and signed by the relay, so that it can be held against it later.
 *
 * @throws {ProofInvalid} saying what is wrong.
 */
export function checkReceipt(given: SignedReceipt, subject: ReceiptSubject, relay: RelayIdentity): void {
  const { receipt } = given;
  if (receipt.kind !== ReceiptKind[subject.kind]) throw new ProofInvalid('the receipt is of another kind');
  if (receipt.subject_root !== subject.subject_root) throw new ProofInvalid('the receipt is about something else');
  if (receipt.signer_root !== keyRoot(subject.signer)) throw new ProofInvalid('the receipt names another signer');
  if (receipt.auction_id !== subject.auction_id) throw new ProofInvalid('the receipt names another auction');
  const fault = verifyReceipt(given, relay.pubkey, relay.context, verifySignature);
  if (fault === 'BRANCH_INVALID') throw new ProofInvalid('the receipt is not in the batch that the relay signed');
  if (fault) throw new ProofInvalid("the receipt's batch is not signed by the relay");
}

/** Whether the relay signed this award. */
export function isAwardSigned(award: SignedAward, { pubkey, context }: RelayIdentity): boolean {
  return verifySigned(Award, award, pubkey, context, verifySignature);
}
