import type { Hex } from '@odf/protocol';

/** Why the sidecar refuses a relay, an award, a header or a payload; shown in `/status` and counted in `/metrics`. */
export const refusalMeanings = {
  RELAY_KEY_MISMATCH: 'The relay does not hold the key of its URL.',
  RELAY_INFO_CONTRADICTS: 'What the relay says about itself contradicts itself.',
  RELAY_CHAIN_MISMATCH: 'The relay works for another chain or settlement than the policy names.',
  RELAY_CHANGED: 'The relay names another chain or settlement than it did before.',
  AVS_CONTRADICTS: 'What the relay says about the AVS contradicts its id or the policy.',
  AVS_RESPONSE_IMPOSSIBLE: 'There is no key to sign responses of this AVS with, or nowhere to send them.',
  AWARD_SIGNATURE_INVALID: 'The award is not signed by the relay.',
  AWARD_BRANCH_INVALID: 'The leaf does not stand under the award root.',
  AWARD_NOT_OURS: 'The leaf names another validator or operator.',
  AWARD_MISMATCH: 'The award is for another auction, AVS or term.',
  AWARD_EQUIVOCATION: 'The relay signed two awards of this auction and role for this validator.',
  AWARD_TOO_EXPENSIVE: 'The fee is higher than the policy allows.',
  AWARD_COVER_TOO_LOW: 'The cover is lower than the policy demands.',
  AWARD_COPROCESSOR_DENIED: 'The policy excludes this coprocessor.',
  AWARD_NOT_ACCEPTABLE: 'The award meets no tier of the policy.',
  TASK_MISMATCH: 'The task id is not that of the AVS and its own reference.',
  INPUT_MISMATCH: 'The input is not the one that the AVS serves.',
  HEADER_SIGNATURE_INVALID: 'The header is not signed by the relay.',
  HEADER_MISMATCH: 'The header does not match the award or the task.',
  HEADER_SWAPPED: 'The relay signed two headers of this task and coprocessor.',
  CIPHERTEXT_MISMATCH: 'The ciphertext is not the one that the header names.',
  CIPHERTEXT_UNAVAILABLE: 'The relay does not serve the ciphertext.',
  COMMITMENT_REFUSED: 'The relay refused the commitment.',
  KEY_MISMATCH: 'The revealed key is not the one that the header names.',
  RECEIPT_INVALID: "The relay's receipt for the commitment is not valid.",
  ATTESTATION_MISMATCH: 'The attestation is not the one of the header, or for something else.',
  ATTESTATION_SIGNATURE_INVALID: 'The attestation is not signed by the coprocessor.',
  PAYLOAD_UNOPENABLE: 'The ciphertext does not open with the revealed key.',
  RESULT_MISMATCH: 'The payload is not the attested one.',
  DIGEST_MISMATCH: 'The attested response digest is not that of the result.',
  PAYLOAD_INVALID: 'The plug-in found the payload wrong.',
  PROTECTION_CONFLICT: 'Another response of this task was signed before.',
} as const;

/** The name of a refusal. */
export type RefusalCode = keyof typeof refusalMeanings;

/** A refusal and what exactly was found. */
export interface Refusal {
  code: RefusalCode;
  detail: string;
}

/** Makes a refusal; without a detail its meaning is told. */
export function refuse(code: RefusalCode, detail?: string): Refusal {
  return { code, detail: detail ?? refusalMeanings[code] };
}

/** Carries a refusal through code that otherwise returns values. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';

  constructor(
    readonly refusal: Refusal,
    /** The relay that is to blame, where the task is not bound to one yet. */
    readonly relay?: Hex,
  ) {
    super(`${refusal.code}: ${refusal.detail}`);
  }
}
