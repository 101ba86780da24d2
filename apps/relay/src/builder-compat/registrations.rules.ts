import { OdfError, type Hex, type SignedValidatorRegistrationV1, type ValidatorRegistrationV1 } from '@odf/protocol';

/** Milliseconds that a registration's timestamp may lie ahead (builder-specs, `MAX_REGISTRATION_LOOKAHEAD`). */
export const MAX_LOOKAHEAD_MS = 10_000;

type Known = ReadonlyMap<Hex, ValidatorRegistrationV1>;

/**
 * What becomes of a registration before its signature is looked at (builder-specs, `process_registration`).
 *
 * One identical to the stored one is unchanged; an older one is refused, since a replayed one could set back the fee
 * recipient; one of the same second with other content counts as new, and must be signed.
 */
export function sift(
  { message }: SignedValidatorRegistrationV1,
  known: Known,
  nowMs: number,
): 'unchanged' | 'new' | OdfError {
  if (message.timestamp * 1000n > BigInt(nowMs + MAX_LOOKAHEAD_MS)) {
    return new OdfError('REGISTRATION_TIMESTAMP_INVALID');
  }
  const stored = known.get(message.pubkey);
  if (!stored) return 'new';
  if (message.timestamp < stored.timestamp) return new OdfError('REGISTRATION_STALE');
  return isSame(message, stored) ? 'unchanged' : 'new';
}

/** Of signed registrations in their order, the newest of each validator, and the indices of those that came after a newer one. */
export function newest(registrations: readonly SignedValidatorRegistrationV1[]): {
  write: SignedValidatorRegistrationV1[];
  stale: Set<number>;
} {
  const latest = new Map<Hex, SignedValidatorRegistrationV1>();
  const stale = new Set<number>();
  registrations.forEach((registration, index) => {
    const { pubkey, timestamp } = registration.message;
    const before = latest.get(pubkey);
    if (before && timestamp < before.message.timestamp) stale.add(index);
    else latest.set(pubkey, registration);
  });
  return { write: [...latest.values()], stale };
}

function isSame(one: ValidatorRegistrationV1, other: ValidatorRegistrationV1): boolean {
  return (
    one.timestamp === other.timestamp && one.gas_limit === other.gas_limit && one.fee_recipient === other.fee_recipient
  );
}
