import { Inject, Injectable } from '@nestjs/common';
import { SignatureVerifier } from '@odf/bls';
import { ClaimsRepository } from '@odf/persistence';
import {
  ClaimEvidence,
  ClaimRequest,
  OdfError,
  type Claim,
  type ErrorCode,
  type Hex,
  type SignedClaimRequest,
} from '@odf/protocol';
import { BadBlockError, ClaimRefusal, type ClaimRefusalKind } from '@odf/settlement';
import { type Clock } from '@odf/telemetry';
import { BaseError } from 'viem';
import { ChainTime } from '../core/chain-time.js';
import { type RelayFiler } from '../core/relay-filer.js';
import { RelaySigner } from '../core/relay-signer.js';
import { DelegationsService } from '../delegations/delegations.service.js';
import { EnrollmentsService } from '../enrollments/enrollments.service.js';
import { RelayMetrics } from '../relay.metrics.js';
import { CLOCK, RELAY_FILER } from '../relay.tokens.js';
import { ClaimEvidenceBuilder } from './claim-evidence.js';
import { ClaimIntake } from './claim-intake.js';
import { ClaimViews } from './claim-views.js';

/** Seconds after which asking again makes sense, where no claims are filed and where the chain is away. */
const NO_FILER_S = 3_600;
const CHAIN_AWAY_S = 10;

const CODES: Readonly<Record<ClaimRefusalKind, ErrorCode>> = {
  unconfirmed: 'CLAIM_SLASH_UNCONFIRMED',
  unanchored: 'CLAIM_SLASH_UNCONFIRMED',
  refused: 'CLAIM_REFUSED',
};

/** Fraud claims: all is checked before one is taken, and what is taken is filed and followed until it is final. */
@Injectable()
export class ClaimsService {
  constructor(
    private readonly enrollments: EnrollmentsService,
    private readonly delegations: DelegationsService,
    private readonly signer: RelaySigner,
    private readonly verifier: SignatureVerifier,
    private readonly evidence: ClaimEvidenceBuilder,
    private readonly intake: ClaimIntake,
    private readonly claims: ClaimsRepository,
    private readonly views: ClaimViews,
    private readonly time: ChainTime,
    private readonly metrics: RelayMetrics,
    @Inject(RELAY_FILER) private readonly filer: RelayFiler | null,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * Takes a claim that the chain would take; the same again gets the same answer.
   *
   * @throws {OdfError} VALIDATOR_UNKNOWN, SIGNATURE_INVALID, CLAIM_UNAVAILABLE, CLAIM_NOT_ATTESTED, CLAIM_SLASH_UNCONFIRMED,
   * CLAIM_REFUSED, or UNAVAILABLE while the chain is away.
   */
  async file(request: SignedClaimRequest): Promise<{ claim_id: Hex }> {
    try {
      const claim_id = await this.#file(request);
      this.metrics.claims.inc({ result: 'accepted' });
      return { claim_id };
    } catch (error) {
      this.metrics.claims.inc({ result: error instanceof OdfError ? error.code : 'failed' });
      throw error;
    }
  }

  /**
   * A claim with its transactions.
   *
   * @throws {OdfError} CLAIM_UNKNOWN.
   */
  async get(claimId: Hex): Promise<Claim> {
    const claim = await this.claims.find(claimId);
    if (!claim) throw new OdfError('CLAIM_UNKNOWN');
    return this.views.of(claim);
  }

  /**
   * The bundle by which anyone can file a claim without this relay.
   *
   * @throws {OdfError} CLAIM_UNKNOWN.
   */
  async evidenceOf(claimId: Hex): Promise<ClaimEvidence> {
    const json = await this.claims.evidenceOf(claimId);
    if (json === null) throw new OdfError('CLAIM_UNKNOWN');
    return ClaimEvidence.parse(JSON.parse(json));
  }

  async #file({ message, signature }: SignedClaimRequest): Promise<Hex> {
    await this.#requireSigned({ message, signature });
    if (!this.filer) throw new OdfError('CLAIM_UNAVAILABLE', undefined, NO_FILER_S);
    const known = await this.claims.requestedAs(message);
    if (known) return known.claim_id;
    const bought = await this.evidence.of(message);
    const { claim_id, mined } = await this.#judge(this.filer, bought.evidence, message);
    await this.intake.take(claim_id, bought, message, mined);
    return claim_id;
  }

  async #requireSigned({ message, signature }: SignedClaimRequest): Promise<void> {
    if (!(await this.enrollments.isKnown(message.validator))) throw new OdfError('VALIDATOR_UNKNOWN');
    const pubkey = await this.delegations.signerOf(message.validator, this.clock.nowMs());
    const signingRoot = this.signer.signingRoot(ClaimRequest, message);
    if (!(await this.verifier.verify({ pubkey, signingRoot, signature }))) throw new OdfError('SIGNATURE_INVALID');
  }

  async #judge(filer: RelayFiler, evidence: ClaimEvidence, { amount, slash_tx }: ClaimRequest) {
    try {
      const desk = await filer.deskOf(evidence.attestation.message.line_id);
      const { claim_id } = await desk.judge(evidence, amount);
      return { claim_id, mined: await this.time.minedAt(slash_tx) };
    } catch (error) {
      if (error instanceof ClaimRefusal) throw new OdfError(CODES[error.kind], sentence(error.message));
      const isAway = error instanceof BaseError || error instanceof BadBlockError;
      if (isAway) throw new OdfError('UNAVAILABLE', 'The chain does not answer.', CHAIN_AWAY_S);
      throw error;
    }
  }
}

const sentence = (text: string): string => `${text[0]!.toUpperCase()}${text.slice(1)}.`;
