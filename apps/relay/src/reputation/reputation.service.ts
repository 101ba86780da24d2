import { Inject, Injectable } from '@nestjs/common';
import { isCorrection } from '@odf/market';
import { ReputationRepository, type QueryRunnerLike, type ReputationEvent } from '@odf/persistence';
import { OdfError, type ReputationCorrection } from '@odf/protocol';
import { type Clock } from '@odf/telemetry';
import { CLOCK } from '../relay.tokens.js';

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
  | 'response_slashed'
  | 'correction';

/** An event of a kind that reputations know. */
export interface NewReputationEvent extends ReputationEvent {
  kind: ReputationKind;
}

/** Records what coprocessors did; the events are public, so that anybody can recompute a reputation. */
@Injectable()
export class ReputationService {
  constructor(
    private readonly events: ReputationRepository,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Appends an event, in the caller's transaction if one is given; of one coprocessor, task and kind the first stays. */
  async record(event: NewReputationEvent, runner?: QueryRunnerLike): Promise<void> {
    await this.events.append([event], runner);
  }

  /**
   * Says by another event who was at fault after all; the event itself stays as it is.
   *
   * @throws {OdfError} REPUTATION_EVENT_UNKNOWN for what is no event, or a correction itself.
   */
  async correct({ event_id, attribution, reason }: ReputationCorrection): Promise<void> {
    const event = isEventId(event_id) ? await this.events.find(event_id) : null;
    if (!event || isCorrection(event)) throw new OdfError('REPUTATION_EVENT_UNKNOWN');
    const { coprocessor, owner, avs_id, task_id } = event;
    await this.record({
      ...{ coprocessor, owner, avs_id, task_id, kind: 'correction', attribution: 'nobody' },
      evidence: { corrects: event_id, attribution, reason },
      at_ms: this.clock.nowMs(),
    });
  }
}

function isEventId(text: string): boolean {
  return /^[1-9][0-9]{0,17}$/.test(text);
}
