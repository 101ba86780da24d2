import { RelayError, verifyReceipt, type SignatureCheck } from '@odf/client';
import { bidsRoot, contentOf } from '@odf/market';
import {
  BidsFrozen,
  OdfError,
  Receipt,
  ReceiptKind,
  REGISTRY_DEPTH,
  routes,
  signingRoot,
  verifyBranch,
  zeroHex,
  type BidProof,
  type Hex,
  type SignedBidsFrozen,
  type SignedReceipt,
  type SigningContext,
} from '@odf/protocol';
import type { AskedRelay } from './fetch-bundle.js';

/** What a relay says about the bids of an auction. */
export interface FrozenEvidence {
  /** Its answer to the question for this very bid; null when it says that there is none. */
  proof: BidProof | null;
  /** Once the auction has cleared: what it signed over the bids, and the receipts of all of them. */
  published: { frozen: SignedBidsFrozen; receipts: Receipt[] } | null;
}

/** Who signs, and under which domain. */
export interface Identity {
  pubkey: Hex;
  context: SigningContext;
}

/** A receipt that proves nothing, or an auction that is too young; the message says what to do. */
export class CannotCheck extends Error {
  override readonly name = 'CannotCheck';
}

/** What contradicts a receipt. */
export interface Contradiction {
  code:
    | 'BID_MISSING'
    | 'BID_COUNT_TOO_SMALL'
    | 'RECEIPT_DIFFERS'
    | 'FROZEN_DIFFERS'
    | 'SIGNATURE_INVALID'
    | 'BRANCH_INVALID';
  detail: string;
}

/**
 * Makes sure that a receipt is one that can be held against the relay.
 *
 * @throws {CannotCheck} when it is no bid's, a standing bid's own, or not signed by this relay.
 */
export function assertHoldable(signed: SignedReceipt, { pubkey, context }: Identity, check: SignatureCheck): void {
  const { kind, auction_id } = signed.receipt;
  if (kind !== ReceiptKind.bid) throw new CannotCheck('only receipts of bids are proved by a transcript');
  if (auction_id === zeroHex(32)) {
    throw new CannotCheck("this is a standing bid's own receipt: give the one that it got in an auction");
  }
  const fault = verifyReceipt(signed, pubkey, context, check);
  if (fault) throw new CannotCheck(`the receipt does not hold against ${pubkey}: ${fault}`);
}

/**
 * Asks a relay what it froze.
 *
 * @throws {CannotCheck} while bidding is open; {RelayError} when it cannot be asked.
 */
export async function askEvidence({ receipt }: SignedReceipt, { client }: AskedRelay): Promise<FrozenEvidence> {
  const { auction_id, subject_root: bid_root } = receipt;
  const proof = await client
    .data(routes.getBidProof, { params: { auction_id, bid_root } })
    .catch(unless('PROOF_UNKNOWN', 'AUCTION_NOT_CLEARED', 'AUCTION_UNKNOWN'));
  const answer = await client
    .data(routes.getTranscript, { params: { auction_id } })
    .catch(unless('AUCTION_NOT_CLEARED', 'AUCTION_UNKNOWN'));
  return { proof, published: answer && publishedOf(answer) };
}

/** What a published transcript says about its bids. */
export function publishedOf({
  transcript,
  frozen,
}: {
  transcript: unknown;
  frozen: SignedBidsFrozen;
}): NonNullable<FrozenEvidence['published']> {
  try {
    return { frozen, receipts: contentOf(transcript).bids.map(({ receipt }) => receipt) };
  } catch (error) {
    if (error instanceof OdfError) throw new CannotCheck(`the transcript cannot be read: ${error.message}`);
    throw error;
  }
}

/**
 * What in the evidence contradicts the receipt; null when its bid is in the frozen set.
 *
 * @throws {CannotCheck} while there is no evidence.
 */
export function contradictionOf(
  { receipt }: SignedReceipt,
  { proof, published }: FrozenEvidence,
  { pubkey, context }: Identity,
  check: SignatureCheck,
): Contradiction | null {
  const frozen = proof?.frozen ?? published?.frozen;
  if (!frozen)
    throw new CannotCheck('the relay shows no frozen bids of this auction yet: try again after it has closed');
  if (frozen.message.auction_id !== receipt.auction_id)
    return { code: 'FROZEN_DIFFERS', detail: 'BidsFrozen is of another auction' };
  if (!check(pubkey, signingRoot(BidsFrozen, frozen.message, context), frozen.signature))
    return { code: 'SIGNATURE_INVALID', detail: 'BidsFrozen is not signed by the relay' };
  if (proof && published && BidsFrozen.root(proof.frozen.message) !== BidsFrozen.root(published.frozen.message))
    return { code: 'FROZEN_DIFFERS', detail: 'the relay shows two different BidsFrozen of this auction' };
  if (receipt.seq > BigInt(frozen.message.count)) {
    const detail = `the receipt is number ${receipt.seq}, the relay signed that there were ${frozen.message.count}`;
    return { code: 'BID_COUNT_TOO_SMALL', detail };
  }
  return (published && missingFrom(published, receipt)) ?? (proof ? wrongProof(proof, receipt) : unproved(published));
}

function missingFrom(
  { frozen, receipts }: NonNullable<FrozenEvidence['published']>,
  receipt: Receipt,
): Contradiction | null {
  if (bidsRoot(receipts) !== frozen.message.bids_root)
    return { code: 'FROZEN_DIFFERS', detail: "the transcript's bids are not those that the relay froze" };
  const there = receipts[Number(receipt.seq) - 1];
  if (there && Receipt.root(there) === Receipt.root(receipt)) return null;
  return { code: 'BID_MISSING', detail: `number ${receipt.seq} of the frozen bids is another one` };
}

function wrongProof(proof: BidProof, receipt: Receipt): Contradiction | null {
  if (Receipt.root(proof.receipt) !== Receipt.root(receipt))
    return { code: 'RECEIPT_DIFFERS', detail: 'the relay proves another receipt than it signed' };
  const holds = verifyBranch({
    root: proof.frozen.message.bids_root,
    leafRoot: Receipt.root(proof.receipt),
    index: proof.index,
    branch: proof.branch,
    depth: REGISTRY_DEPTH,
  });
  return holds ? null : { code: 'BRANCH_INVALID', detail: 'the branch does not lead to bids_root' };
}

/** Without a proof the whole list is one; without either the relay hides the bid. */
function unproved(published: FrozenEvidence['published']): Contradiction | null {
  return published ? null : { code: 'BID_MISSING', detail: 'the relay says that it knows no such bid' };
}

function unless(...codes: string[]): (error: unknown) => null {
  return (error) => {
    if (error instanceof RelayError && codes.includes(error.code)) return null;
    throw error;
  };
}
