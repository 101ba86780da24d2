import { Injectable } from '@nestjs/common';
import { OutcomesRepository, type ReportableTask, type StoredOutcome } from '@odf/persistence';
import { type EntityManager } from 'typeorm';
import { type ValidatorAward } from '../awards/awards.service.js';
import { AvsRegistry } from '../core/avs-registry.js';
import { EventsService } from '../events/events.service.js';
import { FeesService } from '../fees/fees.service.js';
import { ReputationService } from '../reputation/reputation.service.js';
import { reportedOutcome } from './outcome-json.js';
import { feeStateOf, reputationKindOf } from './outcomes.rules.js';

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
    private readonly fees: FeesService,
    private readonly registry: AvsRegistry,
  ) {}

  /** Records all of them in the transaction that wrote them; `id` is their place in the public history. */
  async of(manager: EntityManager, reports: readonly (ServedOutcome & { id: string })[]): Promise<void> {
    for (const report of reports) {
      await this.#record(manager, report);
      await this.#settleFee(manager, report);
    }
    await this.events.append(
      manager,
      reports.map(({ id, outcome }) => ({ topic: 'outcome', data: reportedOutcome(id, outcome) })),
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

  /** Where nobody else observes the AVS, the word of who pays decides whether the fee is due. */
  async #settleFee(manager: EntityManager, { outcome, task, awards }: ServedOutcome): Promise<void> {
    const state = feeStateOf(outcome.status);
    if (state === null || this.registry.get(task.avs_id).config.source.kind !== 'http') return;
    const { operator } = awards[0]!.leaf;
    await this.fees.settle(manager, { taskId: outcome.task_id, operator }, state, outcome.at_ms);
  }
}
