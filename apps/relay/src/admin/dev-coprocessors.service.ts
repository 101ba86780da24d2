import { Inject, Injectable } from '@nestjs/common';
import { SignatureVerifier } from '@odf/bls';
import { OdfError, ProofOfPossession, type BodyOf, type Hex, type routes } from '@odf/protocol';
import { MemorySettlement, Settlement } from '@odf/settlement';
import { AvsRegistry } from '../core/avs-registry.js';
import type { RelayChain } from '../core/relay-chain.js';
import { RelaySigner } from '../core/relay-signer.js';
import { RELAY_CHAIN } from '../relay.tokens.js';
import { DevLines } from './dev-lines.js';

type DevCoprocessor = BodyOf<typeof routes.registerDevCoprocessor>;

/** Gives test coprocessors cover, on a development chain or on the settlement in memory. */
@Injectable()
export class DevCoprocessorsService {
  constructor(
    private readonly settlement: Settlement,
    private readonly signer: RelaySigner,
    private readonly verifier: SignatureVerifier,
    private readonly registry: AvsRegistry,
    @Inject(RELAY_CHAIN) private readonly chain: RelayChain | null,
  ) {}

  /**
   * Registers a coprocessor key for its owner with cover in wei: on a chain a line for each AVS, of which the first one is named.
   *
   * @throws {OdfError} SIGNATURE_INVALID when the key is not proved; DEV_DISABLED on a chain that is not for development.
   */
  async register(body: DevCoprocessor): Promise<{ line_id: Hex }> {
    await this.#assertPossession(body);
    if (this.settlement instanceof MemorySettlement) return this.settlement.registerDev(body);
    if (!this.chain) throw new OdfError('DEV_DISABLED');
    const avsIds = this.registry.all().map(({ config }) => config.avs_id);
    return new DevLines(this.chain, avsIds).open({ ...body, relay_root: this.signer.context.relayRoot });
  }

  async #assertPossession({ pubkey, possession, owner }: DevCoprocessor): Promise<void> {
    const proof: ProofOfPossession = { key: pubkey, owner_root: `0x${owner.slice(2).padStart(64, '0')}` };
    const signingRoot = this.signer.signingRoot(ProofOfPossession, proof);
    if (!(await this.verifier.verify({ pubkey, signingRoot, signature: possession }))) {
      throw new OdfError('SIGNATURE_INVALID', 'The proof of possession does not verify.');
    }
  }
}
