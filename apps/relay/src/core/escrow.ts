import { Inject, Injectable } from '@nestjs/common';
import type { DeliveryRecord } from '@odf/persistence';
import {
  fromHex,
  openPayload,
  sealPayload,
  sha256,
  SignedAttestation,
  toHex,
  type Hex,
  type Payload,
} from '@odf/protocol';
import { RANDOM_BYTES, type RandomBytes } from '../relay.tokens.js';
import { EscrowVault } from './escrow-vault.js';

/** A payload in escrow: public ciphertext, sealed key and attestation. */
export interface Escrowed {
  ciphertext: Uint8Array;
  ciphertextRoot: Hex;
  keyHash: Hex;
  sealedKey: Uint8Array;
  sealedAttestation: Uint8Array;
}

type Place = { taskId: Hex; coprocessor: Hex; attestationRoot: Hex };
type Sealed = Pick<DeliveryRecord, 'taskId' | 'coprocessor' | 'attestationRoot' | 'sealedKey' | 'sealedAttestation'>;

/** Encrypts payloads once and gives out their keys: the only place that handles either in the clear. */
@Injectable()
export class Escrow {
  constructor(
    private readonly vault: EscrowVault,
    @Inject(RANDOM_BYTES) private readonly random: RandomBytes,
  ) {}

  /** Puts a payload and its attestation in escrow under a fresh key. */
  deposit(place: Place, attestation: SignedAttestation, payload: Payload): Escrowed {
    const key = this.random(32);
    const ciphertext = sealPayload(payload, key, this.random(12));
    return {
      ciphertext,
      ciphertextRoot: sha256(ciphertext),
      keyHash: sha256(key),
      sealedKey: this.vault.seal(key, placeOf('key', place)),
      sealedAttestation: this.vault.seal(SignedAttestation.serialize(attestation), placeOf('attestation', place)),
    };
  }

  /** The attestation of a delivery. */
  attestationOf(delivery: Sealed): SignedAttestation {
    return SignedAttestation.deserialize(this.vault.open(delivery.sealedAttestation, placeOf('attestation', delivery)));
  }

  /** The key of a delivery's ciphertext; call only when the key may leave. */
  keyOf(delivery: Sealed): Hex {
    return toHex(this.vault.open(delivery.sealedKey, placeOf('key', delivery)));
  }

  /** The payload, for the relay's own check. */
  payloadOf(delivery: Sealed, ciphertext: Uint8Array): Payload {
    return openPayload(ciphertext, fromHex(this.keyOf(delivery)));
  }
}

function placeOf(kind: string, { taskId, coprocessor, attestationRoot }: Place): string {
  return `${kind}:${taskId}:${coprocessor}:${attestationRoot}`;
}
