import { Inject, Injectable } from '@nestjs/common';
import {
  ClaimsRepository,
  inTransaction,
  SlashesRepository,
  type ClaimProgress,
  type StoredClaim,
} from '@odf/persistence';
import type { Hex } from '@odf/protocol';
import { type Clock } from '@odf/telemetry';
import { DataSource } from 'typeorm';
import { EventsService } from '../events/events.service.js';
import { CLOCK } from '../relay.tokens.js';
import { QuarantinesService } from '../reputation/quarantines.service.js';
import { ClaimViews } from './claim-views.js';
import { isFinal } from './claims.rules.js';

/** Writes down what became of a claim, with all that follows from it, in one transaction. */
@Injectable()
export class ClaimRecord {
  constructor(
    private readonly database: DataSource,
    private readonly claims: ClaimsRepository,
    private readonly slashes: SlashesRepository,
    private readonly quarantines: QuarantinesService,
    private readonly events: EventsService,
    private readonly views: ClaimViews,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Takes over where a claim stands; a final one stays as it is. */
  async take(claimId: Hex, progress: ClaimProgress): Promise<void> {
    const isNews = await inTransaction(this.database, async (runner) => {
      const before = await this.claims.find(claimId, runner);
      if (!before || isFinal(before.state) || !(await this.claims.progress(runner, claimId, progress))) return false;
      const claim: StoredClaim = { ...before, ...progress };
      if (isFinal(claim.state)) {
        const { slash_tx: transaction, log_index: logIndex, line_id: lineId, task_id: taskId, operator } = claim;
        await this.slashes.end(runner, { transaction, logIndex, lineId }, this.clock.nowMs());
        await this.quarantines.release(runner, { taskId, operator });
      }
      await this.events.append(runner, [{ topic: 'claim', data: await this.views.eventData(claim, runner) }]);
      return true;
    });
    if (isNews) await this.events.wake();
  }
}
