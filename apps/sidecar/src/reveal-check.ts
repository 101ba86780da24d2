import { verifyReceipt, verifySigned, type SignatureCheck } from '@odf/client';
import {
  Attestation,
  Commitment,
  fromHex,
  openPayload,
  sha256,
  type Award,
  type Hex,
  type Payload,
  type Reveal,
  type SignedCommitment,
  type SignedHeader,
  type SignedReceipt,
  type SigningContext,
} from '@odf/protocol';
import { refuse, RefusedError, type Refusal } from './refusal.js';

/** `Receipt.kind` of a reveal. */
const REVEAL = 3;

/** What a reveal is judged against. */
export interface RevealExpectation {
  relay: Hex;
  context: SigningContext;
  validatorRoot: Hex;
  award: Award;
  header: SignedHeader;
  commitment: SignedCommitment;
}

/** Judges what a commitment bought: the key, the attestation, its signer, what it is for, and the relay's receipt. */
export function checkReveal(reveal: Reveal, expected: RevealExpectation, check: SignatureCheck): Refusal | null {
  const { header, award, context } = expected;
  if (sha256(fromHex(reveal.key)) !== header.message.key_hash) return refuse('KEY_MISMATCH');
  const { attestation } = reveal;
  if (Attestation.root(attestation.message) !== header.message.attestation_root) return refuse('ATTESTATION_MISMATCH');
  if (!verifySigned(Attestation, attestation, award.coprocessor, context, check)) {
    return refuse('ATTESTATION_SIGNATURE_INVALID');
  }
  return checkSubject(attestation.message, expected) ?? checkReceipt(reveal.receipt, expected, check);
}

function checkSubject(attestation: Attestation, { award, header }: RevealExpectation): Refusal | null {
  const subject = {
    auction_id: award.auction_id,
    task_id: header.message.task_id,
    award_root: award.award_root,
    line_id: award.line_id,
  };
  for (const [member, value] of Object.entries(subject)) {
    if (attestation[member as keyof typeof subject] !== value) {
      return refuse('ATTESTATION_MISMATCH', `It names another ${member}.`);
    }
  }
  return null;
}

/** Judges the relay's receipt for a commitment: a leaf of kind 3 in a batch that it signed. */
export function checkReceipt(
  signed: SignedReceipt,
  { relay, context, validatorRoot, commitment }: Omit<RevealExpectation, 'award' | 'header'>,
  check: SignatureCheck,
): Refusal | null {
  const { receipt } = signed;
  const ours =
    receipt.kind === REVEAL &&
    receipt.auction_id === commitment.message.auction_id &&
    receipt.subject_root === Commitment.root(commitment.message) &&
    receipt.signer_root === validatorRoot;
  if (!ours) return refuse('RECEIPT_INVALID', 'It is for something else than this commitment.');
  const fault = verifyReceipt(signed, relay, context, check);
  return fault ? refuse('RECEIPT_INVALID', fault) : null;
}

/**
 * Opens a bought ciphertext and makes sure that it holds what was attested for this input.
 *
 * @throws {RefusedError} PAYLOAD_UNOPENABLE, RESULT_MISMATCH, ATTESTATION_MISMATCH or DIGEST_MISMATCH.
 */
export function openAttested(
  ciphertext: Uint8Array,
  { key, attestation: { message } }: Reveal,
  input: Uint8Array,
  digestOf: (result: Uint8Array) => Hex,
): Payload {
  const payload = open(ciphertext, key);
  if (sha256(payload.result) !== message.result_root || sha256(payload.witness) !== message.witness_root) {
    throw new RefusedError(refuse('RESULT_MISMATCH'));
  }
  if (sha256(input) !== message.input_root) {
    throw new RefusedError(refuse('ATTESTATION_MISMATCH', 'It was computed on another input.'));
  }
  if (digestOf(payload.result) !== message.response_digest) throw new RefusedError(refuse('DIGEST_MISMATCH'));
  return payload;
}

function open(ciphertext: Uint8Array, key: Hex): Payload {
  try {
    return openPayload(ciphertext, fromHex(key));
  } catch {
    // openPayload throws for nothing but a ciphertext that this key does not open.
    throw new RefusedError(refuse('PAYLOAD_UNOPENABLE'));
  }
}
