import { Inject, Injectable } from '@nestjs/common';
import { SignatureVerifier } from '@odf/bls';
import { OdfError, Outcome, type Hex, type SignedOutcome } from '@odf/protocol';
import { type Clock } from '@odf/telemetry';
import { DelegationsService } from '../delegations/delegations.service.js';
import { EnrollmentsService } from '../enrollments/enrollments.service.js';
import { RelaySigner } from '../core/relay-signer.js';
import { CLOCK } from '../relay.tokens.js';

/** Who an outcome is by and of what task. */
@Injectable()
export class OutcomeChecks {
  constructor(
    private readonly enrollments: EnrollmentsService,
    private readonly delegations: DelegationsService,
    private readonly signer: RelaySigner,
    private readonly verifier: SignatureVerifier,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** The refusal of each item whose validator or task is unknown or whose signature does not hold; null for the others. */
  async refusals(items: readonly SignedOutcome[], tasks: { has(taskId: Hex): boolean }): Promise<(OdfError | null)[]> {
    const validators = [...new Set(items.map(({ message }) => message.validator))];
    const known = await this.enrollments.knownOf(validators);
    const signers = await this.delegations.signersOf(validators, this.clock.nowMs());
    const refusals = items.map(({ message }) => {
      if (!known.has(message.validator)) return new OdfError('VALIDATOR_UNKNOWN');
      return tasks.has(message.task_id) ? null : new OdfError('TASK_UNKNOWN');
    });
    const open = items.flatMap((_, index) => (refusals[index] ? [] : [index]));
    const sets = open.map((index) => {
      const { message, signature } = items[index]!;
      const pubkey = signers.get(message.validator)!;
      return { pubkey, signingRoot: this.signer.signingRoot(Outcome, message), signature };
    });
    const holds = await this.verifier.verifyMany(sets);
    open.forEach((index, at) => {
      if (!holds[at]) refusals[index] = new OdfError('SIGNATURE_INVALID');
    });
    return refusals;
  }
}
