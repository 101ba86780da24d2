import { Inject, Injectable } from '@nestjs/common';
import { SignatureVerifier } from '@odf/bls';
import { ClaimRequest, OdfError, type SignedClaimRequest } from '@odf/protocol';
import { type Clock } from '@odf/telemetry';
import { DelegationsService } from '../delegations/delegations.service.js';
import { EnrollmentsService } from '../enrollments/enrollments.service.js';
import { RelaySigner } from '../core/relay-signer.js';
import { CLOCK } from '../relay.tokens.js';

/** Seconds after which asking again makes sense: a relay that files claims is another version of this one. */
const RETRY_AFTER_S = 3_600;

/** Fraud claims: this relay checks who asks and files none, since its settlement has no courts. */
@Injectable()
export class ClaimsService {
  constructor(
    private readonly enrollments: EnrollmentsService,
    private readonly delegations: DelegationsService,
    private readonly signer: RelaySigner,
    private readonly verifier: SignatureVerifier,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * Refuses a claim, a well-formed and well-signed one with 503.
   *
   * @throws {OdfError} VALIDATOR_UNKNOWN, SIGNATURE_INVALID, else CLAIM_UNAVAILABLE.
   */
  async file({ message, signature }: SignedClaimRequest): Promise<never> {
    if (!(await this.enrollments.isKnown(message.validator))) throw new OdfError('VALIDATOR_UNKNOWN');
    const pubkey = await this.delegations.signerOf(message.validator, this.clock.nowMs());
    const signingRoot = this.signer.signingRoot(ClaimRequest, message);
    if (!(await this.verifier.verify({ pubkey, signingRoot, signature }))) throw new OdfError('SIGNATURE_INVALID');
    throw new OdfError('CLAIM_UNAVAILABLE', undefined, RETRY_AFTER_S);
  }
}
