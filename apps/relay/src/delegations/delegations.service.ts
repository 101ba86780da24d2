import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { SignatureVerifier } from '@odf/bls';
import { LiveStore, type Unsubscribe } from '@odf/live-store';
import { DelegationsRepository, type StoredDelegation } from '@odf/persistence';
import {
  KeyDelegation,
  OdfError,
  ProofOfPossession,
  keyRoot,
  type DelegationAnswer,
  type DelegationItem,
  type Hex,
} from '@odf/protocol';
import { type Clock } from '@odf/telemetry';
import { RelaySigner } from '../core/relay-signer.js';
import { CLOCK } from '../relay.tokens.js';
import { isRevoked, judgeDelegations } from './delegations.rules.js';
import { SignerCache } from './signer-cache.js';

const CHANGED = 'delegations';

/** Whose signature stands for a validator: its delegate's while one lives, else its own. */
@Injectable()
export class DelegationsService implements OnModuleInit, OnModuleDestroy {
  readonly #cache = new SignerCache((roots) => this.delegations.findMany(roots));
  #unsubscribe: Unsubscribe | undefined;

  constructor(
    private readonly delegations: DelegationsRepository,
    private readonly signer: RelaySigner,
    private readonly verifier: SignatureVerifier,
    private readonly liveStore: LiveStore,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async onModuleInit(): Promise<void> {
    this.#unsubscribe = await this.liveStore.subscribe(CHANGED, (roots) =>
      this.#cache.forget(roots.split(',') as Hex[]),
    );
  }

  async onModuleDestroy(): Promise<void> {
    await this.#unsubscribe?.();
  }

  /** Names, replaces or revokes the delegate of each item in their order, or says why not. */
  async delegate(items: readonly DelegationItem[]): Promise<(DelegationAnswer | OdfError)[]> {
    const rows = items.map((item) => rowOf(item, this.clock.nowMs()));
    const refusals = await this.#refusals(items, rows);
    const good = rows.filter((_, index) => !refusals[index]);
    const judged =
      good.length === 0
        ? []
        : await this.delegations.change(good, (known) => judgeDelegations(good, known, this.clock.nowMs()));
    await this.#forget(good.map(({ validator_root }) => validator_root));
    let next = 0;
    return refusals.map((refusal) => refusal ?? this.#answer(judged[next++]!));
  }

  /** The key whose signatures stand for a validator. */
  async signerOf(validator: Hex, nowMs: number): Promise<Hex> {
    return (await this.signersOf([validator], nowMs)).get(validator)!;
  }

  /** The key whose signatures stand for each of these validators. */
  async signersOf(validators: readonly Hex[], nowMs: number): Promise<Map<Hex, Hex>> {
    const roots = validators.map(keyRoot);
    const delegations = await this.#cache.find(roots, nowMs);
    return new Map(
      validators.map((validator, index) => {
        const delegation = delegations.get(roots[index]!);
        return [validator, delegation && !isRevoked(delegation, nowMs) ? delegation.delegate : validator];
      }),
    );
  }

  async #refusals(items: readonly DelegationItem[], rows: readonly StoredDelegation[]): Promise<(OdfError | null)[]> {
    const sets = items.flatMap(({ message, signature, possession }, index) => {
      const proof: ProofOfPossession = { key: message.delegate, owner_root: rows[index]!.validator_root };
      return [
        { pubkey: message.validator, signingRoot: this.signer.signingRoot(KeyDelegation, message), signature },
        {
          pubkey: message.delegate,
          signingRoot: this.signer.signingRoot(ProofOfPossession, proof),
          signature: possession,
        },
      ];
    });
    const holds = await this.verifier.verifyMany(sets);
    return items.map((_, index) => {
      if (!holds[2 * index]) return new OdfError('SIGNATURE_INVALID');
      return holds[2 * index + 1] ? null : new OdfError('DELEGATION_POSSESSION_INVALID');
    });
  }

  async #forget(roots: readonly Hex[]): Promise<void> {
    if (roots.length === 0) return;
    this.#cache.forget(roots);
    await this.liveStore.publish(CHANGED, roots.join(','));
  }

  #answer(judged: StoredDelegation | OdfError): DelegationAnswer | OdfError {
    if (judged instanceof OdfError) return judged;
    const { validator, delegate } = judged;
    return { validator, delegate, state: isRevoked(judged, this.clock.nowMs()) ? 'revoked' : 'live' };
  }
}

function rowOf({ message, signature, possession }: DelegationItem, nowMs: number): StoredDelegation {
  return {
    ...message,
    validator_root: keyRoot(message.validator),
    delegation_root: KeyDelegation.root(message),
    signature,
    possession,
    at_ms: nowMs,
  };
}
