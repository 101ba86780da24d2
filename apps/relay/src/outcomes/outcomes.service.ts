import { Inject, Injectable } from '@nestjs/common';
import { OutcomesRepository, type ReportableTask, type StoredOutcome } from '@odf/persistence';
import { OdfError, Outcome, type Hex, type SignedOutcome } from '@odf/protocol';
import { type Clock } from '@odf/telemetry';
import { AwardsService } from '../awards/awards.service.js';
import { EventsService } from '../events/events.service.js';
import { CLOCK } from '../relay.tokens.js';
import { OutcomeChecks } from './outcome-checks.js';
import { OutcomeEffects, type ServedOutcome } from './outcome-effects.js';
import { isStatus, judgeOutcomes } from './outcomes.rules.js';

/** What became of responses, as validators report it; advisory, the plug-in's own observation decides. */
@Injectable()
export class OutcomesService {
  constructor(
    private readonly outcomes: OutcomesRepository,
    private readonly checks: OutcomeChecks,
    private readonly effects: OutcomeEffects,
    private readonly awards: AwardsService,
    private readonly events: EventsService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Stores each outcome in their order, or says why not. */
  async report(items: readonly SignedOutcome[]): Promise<({ task_id: Hex; validator: Hex } | OdfError)[]> {
    const tasks = await this.outcomes.tasks([...new Set(items.map(({ message }) => message.task_id))]);
    const refusals = await this.checks.refusals(items, tasks);
    const good: ServedOutcome[] = [];
    for (const [index, item] of items.entries()) {
      if (refusals[index]) continue;
      const served = await this.#served(item, tasks.get(item.message.task_id)!);
      if (served instanceof OdfError) refusals[index] = served;
      else good.push(served);
    }
    const judged = good.length === 0 ? [] : await this.#store(good);
    let next = 0;
    return refusals.map((refusal) => {
      const answer = refusal ?? judged[next++]!;
      return answer instanceof OdfError ? answer : { task_id: answer.task_id, validator: answer.validator };
    });
  }

  /** The status of the newest outcome that a validator reported of a task, or null. */
  async statusOf(taskId: Hex, validator: Hex): Promise<number | null> {
    return (await this.outcomes.find(taskId, validator))?.status ?? null;
  }

  async #served(item: SignedOutcome, task: ReportableTask): Promise<ServedOutcome | OdfError> {
    const { status, validator } = item.message;
    if (!isStatus(status)) return new OdfError('OUTCOME_INVALID', `There is no status ${status}.`);
    const awards = task.auction_id === null ? [] : await this.awards.awardOf(task.auction_id, validator);
    if (awards.length === 0) return new OdfError('OUTCOME_INVALID', 'The validator had no award for this task.');
    return { outcome: rowOf(item, this.clock.nowMs()), task, awards };
  }

  async #store(good: readonly ServedOutcome[]): Promise<(StoredOutcome | OdfError)[]> {
    const outcomes = good.map(({ outcome }) => outcome);
    const served = new Map(good.map((item) => [item.outcome, item]));
    const judged = await this.outcomes.change(
      outcomes,
      (stored) => judgeOutcomes(outcomes, stored),
      async (manager, written) => {
        const reports = written.map(({ id, outcome }) => ({ id, ...served.get(outcome)! }));
        await this.effects.of(manager, reports);
      },
    );
    await this.events.wake();
    return judged;
  }
}

function rowOf({ message, signature }: SignedOutcome, nowMs: number): StoredOutcome {
  return { ...message, outcome_root: Outcome.root(message), signature, at_ms: nowMs };
}
