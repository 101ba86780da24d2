import { Inject, Injectable } from '@nestjs/common';
import {
  ClaimsRepository,
  inTransaction,
  JobsRepository,
  SlashesRepository,
  type LatestAttempt,
  type StoredClaim,
} from '@odf/persistence';
import { ClaimEvidence, type Hex } from '@odf/protocol';
import { ClaimRefusal, type PreparedClaim } from '@odf/settlement';
import { DataSource } from 'typeorm';
import { type RelayFiler } from '../core/relay-filer.js';
import { EventsService } from '../events/events.service.js';
import { RELAY_FILER } from '../relay.tokens.js';
import { ANCHOR } from './claim-jobs.js';
import { ClaimOutbox } from './claim-outbox.js';
import { ClaimViews } from './claim-views.js';
import { subjectOf } from './claims.rules.js';

/** While the slash is being anchored, ms. */
const SOON_MS = 1_000;
/** A pause of the hub ends, a reorganisation settles: what is refused now may be taken later, until its window is over. */
const REFUSED_AGAIN_MS = 30_000;
const NO_ACCOUNT_MS = 60_000;

/** Files a claim, again under another key if that fails, and once more after its first veto. */
@Injectable()
export class FileStep {
  constructor(
    private readonly database: DataSource,
    private readonly claims: ClaimsRepository,
    private readonly slashes: SlashesRepository,
    private readonly jobs: JobsRepository,
    private readonly outbox: ClaimOutbox,
    private readonly events: EventsService,
    private readonly views: ClaimViews,
    @Inject(RELAY_FILER) private readonly filer: RelayFiler | null,
  ) {}

  /** Does what is next to file a claim, and returns when to look again; null once following it is all that is left. */
  async run(claimId: Hex): Promise<number | null> {
    const claim = await this.claims.find(claimId);
    if (!claim || !isToFile(claim)) return null;
    if (!this.filer) return NO_ACCOUNT_MS;
    const latest = await this.outbox.latest(claimId, 'file');
    if (!mayFollow(latest, claim)) return null;
    const desk = await this.filer.deskOf(claim.line_id);
    if (claim.state === 'vetoed' && (await desk.stateOf(claimId))?.state !== 'vetoed') return null;
    const evidence = ClaimEvidence.parse(JSON.parse((await this.claims.evidenceOf(claimId))!));
    let prepared: PreparedClaim;
    try {
      prepared = await desk.prepare(evidence, claim.asked_wei);
    } catch (error) {
      if (!(error instanceof ClaimRefusal)) throw error;
      return error.kind === 'unanchored' ? this.#anchorFirst(claim) : this.#wait(claim, error);
    }
    const sent = { subject: claimId, kind: 'file', name: `file/${claimId}`, call: prepared.call } as const;
    await inTransaction(this.database, async (runner) => {
      const current = await this.claims.find(claimId, runner);
      if (current?.state !== claim.state || !(await this.outbox.send(runner, sent, latest))) return;
      await this.events.append(runner, [{ topic: 'claim', data: await this.views.eventData(current, runner) }]);
    });
    await this.events.wake();
    return null;
  }

  /** Where its anchor is done and does not count, a reorganisation has moved the slash since. */
  async #anchorFirst({ line_id: lineId, slash_block: blockNumber }: StoredClaim): Promise<number> {
    const block = { lineId, blockNumber };
    await inTransaction(this.database, async (runner) => {
      await this.slashes.moveAnchor(runner, block, 'done', 'wanted');
      await this.jobs.add(runner, { task: ANCHOR, subject: subjectOf(block) }, 'ensure');
    });
    return SOON_MS;
  }

  async #wait(claim: StoredClaim, { kind, message: reason }: ClaimRefusal): Promise<number> {
    await this.claims.setReason(claim.claim_id, reason);
    return kind === 'unconfirmed' ? SOON_MS : REFUSED_AGAIN_MS;
  }
}

function isToFile({ state }: StoredClaim): boolean {
  return state === 'queued' || state === 'vetoed';
}

/** Whether a filing behind the latest one makes sense: that one failed, or it took effect and was vetoed since. */
function mayFollow(latest: LatestAttempt | null, { state }: StoredClaim): boolean {
  return latest === null || latest.state === 'failed' || (state === 'vetoed' && latest.state === 'final');
}
