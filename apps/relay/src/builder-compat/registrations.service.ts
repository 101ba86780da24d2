import { Inject, Injectable } from '@nestjs/common';
import { SignatureVerifier, type SignatureSet } from '@odf/bls';
import { RegistrationsRepository } from '@odf/persistence';
import {
  OdfError,
  ValidatorRegistrationV1,
  builderDomain,
  signingRootOf,
  type Hex,
  type SignedValidatorRegistrationV1,
} from '@odf/protocol';
import { type Clock } from '@odf/telemetry';
import { setImmediate } from 'node:timers/promises';
import { type RelayConfig } from '../relay.config.js';
import { CLOCK, RELAY_CONFIG } from '../relay.tokens.js';
import { newest, sift } from './registrations.rules.js';

/** Registrations hashed or written at once; other requests get their turn in between. */
const SLICE = 512;

/** Takes validator registrations as other relays do: a validator client sends the same thousands again and again. */
@Injectable()
export class RegistrationsService {
  readonly #domain: Hex;

  constructor(
    private readonly registrations: RegistrationsRepository,
    private readonly verifier: SignatureVerifier,
    @Inject(RELAY_CONFIG) config: RelayConfig,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.#domain = builderDomain(config.genesisForkVersion);
  }

  /** Registers each item, or says why not; null is success. Unchanged ones cost no signature check. */
  async register(items: readonly SignedValidatorRegistrationV1[]): Promise<(OdfError | null)[]> {
    const answers: (OdfError | null)[] = items.map(() => null);
    const fresh: number[] = [];
    for await (const [from, slice] of slices(items)) {
      const known = await this.registrations.find(slice.map(({ message }) => message.pubkey));
      slice.forEach((item, index) => {
        const verdict = sift(item, known, this.clock.nowMs());
        if (verdict instanceof OdfError) answers[from + index] = verdict;
        else if (verdict === 'new') fresh.push(from + index);
      });
    }
    const holds = await this.verifier.verifyMany(await this.#signatureSets(fresh.map((index) => items[index]!)));
    fresh.forEach((index, at) => {
      if (!holds[at]) answers[index] = new OdfError('SIGNATURE_INVALID');
    });
    const signed = fresh.filter((_, at) => holds[at]);
    const { write, stale } = newest(signed.map((index) => items[index]!));
    for (const at of stale) answers[signed[at]!] = new OdfError('REGISTRATION_STALE');
    for await (const [, slice] of slices(write)) await this.registrations.save(slice);
    return answers;
  }

  async #signatureSets(items: readonly SignedValidatorRegistrationV1[]): Promise<SignatureSet[]> {
    const sets: SignatureSet[] = [];
    for await (const [, slice] of slices(items)) {
      for (const { message, signature } of slice) {
        const signingRoot = signingRootOf(ValidatorRegistrationV1.root(message), this.#domain);
        sets.push({ pubkey: message.pubkey, signingRoot, signature });
      }
    }
    return sets;
  }
}

async function* slices<T>(items: readonly T[]): AsyncGenerator<[from: number, slice: T[]]> {
  for (let from = 0; from < items.length; from += SLICE) {
    if (from > 0) await setImmediate();
    yield [from, items.slice(from, from + SLICE)];
  }
}
