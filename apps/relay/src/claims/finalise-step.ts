import { Inject, Injectable } from '@nestjs/common';
import { ClaimsRepository, inTransaction } from '@odf/persistence';
import type { Hex } from '@odf/protocol';
import { DataSource } from 'typeorm';
import { ChainTime } from '../core/chain-time.js';
import { type RelayFiler } from '../core/relay-filer.js';
import { RELAY_FILER } from '../relay.tokens.js';
import { ClaimOutbox } from './claim-outbox.js';

const LEAST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;

/** Pays a claim whose windows have passed, by the chain's time. */
@Injectable()
export class FinaliseStep {
  constructor(
    private readonly database: DataSource,
    private readonly claims: ClaimsRepository,
    private readonly outbox: ClaimOutbox,
    private readonly time: ChainTime,
    @Inject(RELAY_FILER) private readonly filer: RelayFiler | null,
  ) {}

  /** Sends the payment once it is ripe, and returns when to look again; null where that is for others to do. */
  async run(claimId: Hex): Promise<number | null> {
    const claim = await this.claims.find(claimId);
    if (claim?.state !== 'filed' || !this.filer) return null;
    const latest = await this.outbox.latest(claimId, 'finalise');
    if (latest && latest.state !== 'failed') return null;
    const desk = await this.filer.deskOf(claim.line_id);
    const filed = await desk.stateOf(claimId);
    if (filed?.state !== 'filed') return null;
    const leftMs = filed.finalisable_at_ms - (await this.time.nowMs());
    // The hub was paused since the filing.
    if (leftMs > 0) return Math.min(LONGEST_WAIT_MS, Math.max(LEAST_WAIT_MS, leftMs));
    const call = this.filer.finalise(claimId);
    const sent = { subject: claimId, kind: 'finalise', name: `finalise/${claimId}`, call } as const;
    await inTransaction(this.database, (runner) => this.outbox.send(runner, sent, latest));
    return null;
  }
}
