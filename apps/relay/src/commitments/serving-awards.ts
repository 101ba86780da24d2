import { Injectable } from '@nestjs/common';
import type { TaskRecord } from '@odf/persistence';
import { AwardRole, OutcomeStatus, type Hex } from '@odf/protocol';
import { AwardsService, type ValidatorAward } from '../awards/awards.service.js';
import { SwitchesService } from '../deliveries/switches.service.js';
import { OutcomesService } from '../outcomes/outcomes.service.js';

/** Which of a validator's awards serves a task: the primary's until the switch, then the standby's. */
@Injectable()
export class ServingAwards {
  constructor(
    private readonly awards: AwardsService,
    private readonly switches: SwitchesService,
    private readonly outcomes: OutcomesService,
  ) {}

  /** The award that serves now; undefined where there is none, as of a validator without a standby after the switch. */
  async awardOf(task: TaskRecord, validator: Hex): Promise<ValidatorAward | undefined> {
    if (!task.auctionId) return undefined;
    const awards = await this.awards.awardOf(task.auctionId, validator);
    const role = (await this.isSwitched(task, validator, awards)) ? AwardRole.standby : AwardRole.primary;
    return awards.find(({ award }) => award.message.role === role);
  }

  /** Whether the standby serves: the primary was silent, or sold this validator a payload that it reported as invalid. */
  async isSwitched(task: TaskRecord, validator: Hex, awards: readonly ValidatorAward[]): Promise<boolean> {
    const primary = awards.find(({ award }) => award.message.role === AwardRole.primary);
    if (!primary) return false;
    if (await this.switches.isSwitched(task.taskId, primary.award.message.coprocessor)) return true;
    return (await this.outcomes.statusOf(task.taskId, validator)) === OutcomeStatus.payload_invalid;
  }
}
