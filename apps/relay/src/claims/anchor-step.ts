import { Inject, Injectable } from '@nestjs/common';
import { inTransaction, SlashesRepository, type AnchorState, type SlashRecord } from '@odf/persistence';
import { ClaimRefusal } from '@odf/settlement';
import type { Logger } from 'pino';
import { DataSource } from 'typeorm';
import { type RelayFiler } from '../core/relay-filer.js';
import { RelayMetrics } from '../relay.metrics.js';
import { LOGGER, RELAY_FILER } from '../relay.tokens.js';
import { ClaimOutbox } from './claim-outbox.js';
import { anchorSubject, slashBlockOf } from './claims.rules.js';

/** While the transaction is under way, or the slash not deep enough, ms. */
const SOON_MS = 1_000;
const NO_ACCOUNT_MS = 60_000;

/** Keeps blocks with slashes on chain, long before the chain forgets them: one anchor for all slashes of a block on a line. */
@Injectable()
export class AnchorStep {
  constructor(
    private readonly database: DataSource,
    private readonly slashes: SlashesRepository,
    private readonly outbox: ClaimOutbox,
    private readonly metrics: RelayMetrics,
    @Inject(RELAY_FILER) private readonly filer: RelayFiler | null,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Does what is next for a block on a line, and returns when to look again; null once nothing is to be done. */
  async run(subject: string): Promise<number | null> {
    const slash = await this.slashes.unanchored(slashBlockOf(subject));
    if (!slash) return null;
    if (!this.filer) return NO_ACCOUNT_MS;
    const latest = await this.outbox.latest(anchorSubject(slash), 'anchor');
    if (latest?.state === 'queued' || latest?.state === 'sent') return SOON_MS;
    const desk = await this.filer.deskOf(slash.lineId);
    const kept = await refusalOr(desk.isAnchored(slash.transaction));
    if (kept instanceof ClaimRefusal) return kept.kind === 'refused' ? this.#end(slash, 'needless') : SOON_MS;
    if (kept) return this.#end(slash, 'done');
    // A reorganisation moved the slash behind the anchor's back: its new block wants one of its own.
    if (latest?.state === 'mined') return SOON_MS;
    const call = await refusalOr(desk.anchor(slash.transaction));
    if (call instanceof ClaimRefusal) return call.kind === 'refused' ? this.#miss(slash, call) : SOON_MS;
    const name = `anchor/${call.to}/${BigInt(`0x${call.data.slice(10)}`)}`;
    const sent = { subject: anchorSubject(slash), kind: 'anchor', name, call } as const;
    await inTransaction(this.database, (runner) => this.outbox.send(runner, sent, latest));
    return SOON_MS;
  }

  async #miss(slash: SlashRecord, { message: reason }: ClaimRefusal): Promise<null> {
    const { transaction, operator, lineId } = slash;
    this.logger.error({ transaction, operator, line: lineId, reason }, 'a slash under cover was not anchored in time');
    this.metrics.missedAnchors.inc();
    return this.#end(slash, 'missed');
  }

  async #end(slash: SlashRecord, anchor: AnchorState): Promise<null> {
    await this.slashes.moveAnchor(this.database, slash, 'wanted', anchor);
    return null;
  }
}

/** What came of it, a refusal of the chain included; anything else is thrown. */
function refusalOr<T>(asked: Promise<T>): Promise<T | ClaimRefusal> {
  return asked.catch((error: unknown) => {
    if (error instanceof ClaimRefusal) return error;
    throw error;
  });
}
