import { OdfError, type Hex } from '@odf/protocol';
import type { DelegateOwner, KnownDelegations, StoredDelegation } from '@odf/persistence';

/** Whether a delegation is over, or was signed to revoke. */
export function isRevoked({ valid_until }: Pick<StoredDelegation, 'valid_until'>, nowMs: number): boolean {
  return valid_until * 1000n <= BigInt(nowMs);
}

/** The delegations of a batch, judged: one answer each, the rows to write, and the delegates that begin to serve. */
export interface Judgement {
  result: (StoredDelegation | OdfError)[];
  write: StoredDelegation[];
  serve: DelegateOwner[];
}

/**
 * Judges delegations whose signatures hold, in their order, each one seeing what the ones before it changed.
 *
 * A delegate serves its first validator for ever: commitments name no validator, so what a hot key signed for one could
 * otherwise be shown as another's.
 */
export function judgeDelegations(
  items: readonly StoredDelegation[],
  known: KnownDelegations,
  nowMs: number,
): Judgement {
  const stored = new Map(known.delegations.map((row) => [row.validator_root, row]));
  const owners = new Map(known.owners.map(({ delegate, validator_root }) => [delegate, validator_root]));
  const write = new Map<Hex, StoredDelegation>();
  const serve: DelegateOwner[] = [];
  const result = items.map((item) => {
    const before = stored.get(item.validator_root);
    if (before?.delegation_root === item.delegation_root) return before;
    if (before && item.nonce <= before.nonce) return new OdfError('DELEGATION_NONCE_STALE');
    if (!isRevoked(item, nowMs)) {
      const owner = owners.get(item.delegate);
      if (owner && owner !== item.validator_root) return new OdfError('DELEGATION_DELEGATE_TAKEN');
      if (!owner) serve.push({ delegate: item.delegate, validator_root: item.validator_root });
      owners.set(item.delegate, item.validator_root);
    }
    stored.set(item.validator_root, item);
    write.set(item.validator_root, item);
    return item;
  });
  return { result, write: [...write.values()], serve };
}
