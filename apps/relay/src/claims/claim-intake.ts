import { Inject, Injectable } from '@nestjs/common';
import { ClaimsRepository, inTransaction, JobsRepository, type NewClaim } from '@odf/persistence';
import { ClaimEvidence, type ClaimRequest, type Hex } from '@odf/protocol';
import { type Clock } from '@odf/telemetry';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import type { MinedAt } from '../core/chain-time.js';
import { EventsService } from '../events/events.service.js';
import { CLOCK } from '../relay.tokens.js';
import { QuarantinesService } from '../reputation/quarantines.service.js';
import type { BoughtResponse } from './claim-evidence.js';
import { FILE, FOLLOW } from './claim-jobs.js';
import { ClaimViews } from './claim-views.js';
import { SlashesService, type SlashInBlock } from './slashes.service.js';

/** Makes claims durable, with all that follows from them, in one transaction. */
@Injectable()
export class ClaimIntake {
  constructor(
    private readonly database: DataSource,
    private readonly claims: ClaimsRepository,
    private readonly jobs: JobsRepository,
    private readonly slashes: SlashesService,
    private readonly quarantines: QuarantinesService,
    private readonly events: EventsService,
    private readonly views: ClaimViews,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Takes a claim that the chain would take; one that is known stays as it is. */
  async take(claimId: Hex, bought: BoughtResponse, request: ClaimRequest, mined: MinedAt): Promise<void> {
    const slash = slashOf(bought, request, mined);
    const covered = await this.slashes.coveredOf(bought.task, request.validator, slash);
    const claim = this.#claimOf(claimId, bought, request, slash);
    const { taskId, operator } = slash;
    const { owner, award } = bought.award;
    const { coprocessor } = award.message;
    await inTransaction(this.database, async (runner) => {
      if (!(await this.claims.insert(runner, claim))) return;
      await this.slashes.hold(runner, covered);
      await this.quarantines.begin(runner, { owner, coprocessor, taskId, operator });
      await this.quarantines.hold(runner, { taskId, operator });
      await this.jobs.add(runner, { task: FILE, subject: claimId });
      await this.jobs.add(runner, { task: FOLLOW, subject: '' }, 'keep');
      const stored = (await this.claims.find(claimId, runner))!;
      await this.events.append(runner, [{ topic: 'claim', data: await this.views.eventData(stored, runner) }]);
    });
    await this.events.wake();
  }

  #claimOf(
    claim_id: Hex,
    { evidence, task, award }: BoughtResponse,
    request: ClaimRequest,
    slash: SlashInBlock,
  ): NewClaim {
    const { auction_id, line_id } = award.award.message;
    return {
      claim_id,
      task_id: task.taskId,
      auction_id,
      avs_id: task.avsId,
      validator: request.validator,
      operator: evidence.operator,
      coprocessor: evidence.coprocessor,
      line_id,
      attestation_root: request.attestation_root,
      slash_tx: request.slash_tx,
      log_index: request.log_index,
      slash_block: slash.blockNumber,
      slashed_at_ms: BigInt(slash.atMs),
      asked_wei: request.amount,
      requested_at_ms: BigInt(this.clock.nowMs()),
      evidence: JSON.stringify(z.encode(ClaimEvidence, evidence)),
    };
  }
}

function slashOf({ evidence, task }: BoughtResponse, request: ClaimRequest, mined: MinedAt): SlashInBlock {
  const { slash_tx: transaction, log_index: logIndex } = request;
  return { taskId: task.taskId, operator: evidence.operator, transaction, logIndex, ...mined };
}
