import { Injectable } from '@nestjs/common';
import { SignatureVerifier } from '@odf/bls';
import { OdfError, ProofOfPossession, type BodyOf, type Hex, type routes } from '@odf/protocol';
import { MemorySettlement, Settlement } from '@odf/settlement';
import { RelaySigner } from '../core/relay-signer.js';

/** Gives test coprocessors cover, where the settlement is the local one. */
@Injectable()
export class DevCoprocessorsService {
  constructor(
    private readonly settlement: Settlement,
    private readonly signer: RelaySigner,
    private readonly verifier: SignatureVerifier,
  ) {}

  /**
   * Registers a coprocessor key for its owner and sets the cover of its one line, in wei.
   *
   * @throws {OdfError} SIGNATURE_INVALID when the key is not proved; DEV_DISABLED on any other settlement.
   */
  async register({ pubkey, possession, owner, cover_wei }: BodyOf<typeof routes.registerDevCoprocessor>) {
    if (!(this.settlement instanceof MemorySettlement)) throw new OdfError('DEV_DISABLED');
    const proof: ProofOfPossession = { key: pubkey, owner_root: leftPadded(owner) };
    const signingRoot = this.signer.signingRoot(ProofOfPossession, proof);
    if (!(await this.verifier.verify({ pubkey, signingRoot, signature: possession }))) {
      throw new OdfError('SIGNATURE_INVALID', 'The proof of possession does not verify.');
    }
    return this.settlement.registerDev({ pubkey, owner, cover_wei });
  }
}

function leftPadded(address: Hex): Hex {
  return `0x${address.slice(2).padStart(64, '0')}`;
}
