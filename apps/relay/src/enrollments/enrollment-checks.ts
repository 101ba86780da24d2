import { Injectable } from '@nestjs/common';
import { SignatureVerifier } from '@odf/bls';
import { Enrollment, OdfError, TrustPolicy, keyRoot, typedDigest, type EnrollmentItem } from '@odf/protocol';
import { AvsRegistry } from '../core/avs-registry.js';
import { RelaySigner } from '../core/relay-signer.js';
import { policyFault } from './enrollments.rules.js';
import { OperatorSignaturesService } from './operator-signatures.service.js';

/** What an enrollment must satisfy whatever else is known: AVS, policy, the validator's signature, the operator's consent. */
@Injectable()
export class EnrollmentChecks {
  constructor(
    private readonly registry: AvsRegistry,
    private readonly signer: RelaySigner,
    private readonly verifier: SignatureVerifier,
    private readonly operatorSignatures: OperatorSignaturesService,
  ) {}

  /** The refusal of each item, null where there is none; `isKnown` tells items that were checked before, byte for byte. */
  async refusals(
    items: readonly EnrollmentItem[],
    isKnown: (item: EnrollmentItem) => boolean,
  ): Promise<(OdfError | null)[]> {
    const refusals = items.map((item) => this.#contentFault(item));
    const open = items.flatMap((item, index) => (refusals[index] || isKnown(item) ? [] : [index]));
    const signed = await this.verifier.verifyMany(open.map((index) => this.#signatureSet(items[index]!)));
    const ownSigned = open.filter((_, at) => signed[at]);
    const consented = await this.operatorSignatures.verifyMany(ownSigned.map((index) => this.#consent(items[index]!)));
    open.forEach((index, at) => {
      if (!signed[at]) refusals[index] = new OdfError('SIGNATURE_INVALID');
    });
    ownSigned.forEach((index, at) => {
      if (!consented[at]) refusals[index] = new OdfError('ENROLLMENT_OPERATOR_SIGNATURE_INVALID');
    });
    return refusals;
  }

  #contentFault({ message, policy }: EnrollmentItem): OdfError | null {
    if (!this.registry.has(message.avs_id)) return new OdfError('AVS_UNKNOWN');
    if (TrustPolicy.root(policy) !== message.policy_root) return new OdfError('ENROLLMENT_POLICY_MISMATCH');
    const fault = policyFault(policy);
    return fault === null ? null : new OdfError('ENROLLMENT_POLICY_INVALID', fault);
  }

  #signatureSet({ message, signature }: EnrollmentItem) {
    return { pubkey: message.validator, signingRoot: this.signer.signingRoot(Enrollment, message), signature };
  }

  #consent({ message, operator_signature }: EnrollmentItem) {
    const digest = typedDigest(
      'Enrollment',
      {
        validatorRoot: keyRoot(message.validator),
        operator: message.operator,
        avsId: message.avs_id,
        policyRoot: message.policy_root,
        relayRoot: this.signer.context.relayRoot,
        validFrom: message.valid_from,
        validUntil: message.valid_until,
        nonce: message.nonce,
      },
      this.signer.context,
    );
    return { operator: message.operator, digest, signature: operator_signature };
  }
}
