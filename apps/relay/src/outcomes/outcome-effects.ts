import { Injectable } from '@nestjs/common';
import { OutcomesRepository, type ReportableTask, type StoredOutcome } from '@odf/persistence';
import { type EntityManager } from 'typeorm';
import { type ValidatorAward } from '../awards/awards.service.js';
import { EventsService } from '../events/events.service.js';
import { ReputationService } from '../reputation/reputation.service.js';
import { reputationKindOf } from './outcomes.rules.js';

/** An outcome of a task that the validator's awards, primary first, covered. */
export interface ServedOutcome {
  outcome: StoredOutcome;
  task: ReportableTask;
  awards: readonly ValidatorAward[];
}

/** What follows from a stored outcome: an event for the reputation of whom it is about, and one for the streams. */
@Injectable()
export class OutcomeEffects {
  constructor(
    private readonly outcomes: OutcomesRepository,
    private readonly reputation: ReputationService,
    private readonly events: EventsService,
  ) {}

  /** Records all of them in the transaction that wrote them; `id` is their place in the public history. */
  async of(manager: EntityManager, reports: readonly (ServedOutcome & { id: string })[]): Promise<void> {
    for (const report of reports) await this.#record(manager, report);
    await this.events.append(
      manager,
      reports.map(({ id, outcome }) => ({ topic: 'outcome', data: publicForm(id, outcome) })),
    );
  }

  async #record(manager: EntityManager, { outcome, task, awards }: ServedOutcome): Promise<void> {
    const { task_id, validator, status, outcome_root, at_ms } = outcome;
    const kind = reputationKindOf(status);
    if (kind === null) return;
    const committed = await this.outcomes.committedTo(task_id, validator, manager);
    const subject = awards.find(({ award }) => award.message.coprocessor === committed) ?? awards[0]!;
    await this.reputation.record(
      {
        coprocessor: subject.award.message.coprocessor,
        owner: subject.owner,
        avs_id: task.avs_id,
        task_id,
        kind,
        // A validator's word alone blames nobody.
        attribution: 'nobody',
        evidence: { validator, status: status.toString(), outcome_root },
        at_ms,
      },
      manager,
    );
  }
}

/** The JSON of `GET /relay/v1/data/outcomes`: the response digest is not part of it. */
function publicForm(
  id: string,
  { task_id, validator, status, reference, at_ms }: StoredOutcome,
): Record<string, string> {
  return { id, task_id, validator, status: status.toString(), reference, at_ms: at_ms.toString() };
}
