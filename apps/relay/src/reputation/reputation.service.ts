import { Injectable } from '@nestjs/common';
import type { ReputationSnapshot } from '@odf/market';
import { ReputationRepository, type QueryRunnerLike, type ReputationEvent } from '@odf/persistence';
import type { Hex } from '@odf/protocol';

/** What a reputation event says happened. */
export type ReputationKind =
  | 'delivered'
  | 'late'
  | 'withheld'
  | 'invalid'
  | 'commitment_without_reveal'
  | 'outcome_accepted'
  | 'outcome_rejected'
  | 'outcome_slashed'
  | 'payload_invalid_reported'
  | 'response_accepted'
  | 'response_slashed';

/** An event of a kind that reputations know. */
export interface NewReputationEvent extends ReputationEvent {
  kind: ReputationKind;
}

/** Records what coprocessors did; the events are public, so that anybody can recompute a reputation. */
@Injectable()
export class ReputationService {
  constructor(private readonly reputation: ReputationRepository) {}

  /** Appends an event, in the caller's transaction if one is given; of one coprocessor, task and kind the first stays. */
  async record(event: NewReputationEvent, runner?: QueryRunnerLike): Promise<void> {
    await this.reputation.append([event], runner);
  }

  /**
   * The reputation of each coprocessor, fixed point 1e9.
   *
   * Events are recorded but not folded into scores yet, so everybody counts as a newcomer: all zeros.
   */
  async snapshotOf(coprocessors: readonly Hex[]): Promise<Map<Hex, ReputationSnapshot>> {
    return new Map(coprocessors.map((pubkey) => [pubkey, { live_r: 0n, live_s: 0n, safe_r: 0n, safe_s: 0n }]));
  }
}
