import type { StoredDelegation } from '@odf/persistence';
import type { Hex } from '@odf/protocol';
import { LRUCache } from 'lru-cache';

/** Milliseconds for which a delegation is believed, should the news of its change by another instance get lost. */
const BELIEVED_MS = 5_000;

interface Entry {
  delegation: StoredDelegation | null;
  readAtMs: number;
}

/** The newest delegations of validators, kept in memory until they change. */
export class SignerCache {
  readonly #entries = new LRUCache<Hex, Entry>({ max: 65_536 });
  #changes = 0;

  constructor(private readonly load: (validatorRoots: readonly Hex[]) => Promise<StoredDelegation[]>) {}

  /** The newest delegation of each validator that has one, by validator_root. */
  async find(validatorRoots: readonly Hex[], nowMs: number): Promise<Map<Hex, StoredDelegation>> {
    const found = new Map<Hex, StoredDelegation>();
    const missing: Hex[] = [];
    for (const root of validatorRoots) {
      const entry = this.#entries.get(root);
      if (!entry || nowMs - entry.readAtMs > BELIEVED_MS) missing.push(root);
      else if (entry.delegation) found.set(root, entry.delegation);
    }
    if (missing.length === 0) return found;
    const changes = this.#changes;
    for (const delegation of await this.load(missing)) found.set(delegation.validator_root, delegation);
    // What was read while something changed may already be old: it serves this question only.
    if (changes === this.#changes) {
      for (const root of missing) this.#entries.set(root, { delegation: found.get(root) ?? null, readAtMs: nowMs });
    }
    return found;
  }

  /** Forgets what is known of these validators. */
  forget(validatorRoots: readonly Hex[]): void {
    this.#changes += 1;
    for (const root of validatorRoots) this.#entries.delete(root);
  }
}
