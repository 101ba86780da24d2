import { Inject, Injectable } from '@nestjs/common';
import {
  ClaimTransactionsRepository,
  type ClaimTransaction,
  type LatestAttempt,
  type QueryRunnerLike,
} from '@odf/persistence';
import type { Hex } from '@odf/protocol';
import type { ChainCall } from '@odf/settlement';
import { type RelayFiler } from '../core/relay-filer.js';
import { RELAY_FILER } from '../relay.tokens.js';

/** Which transaction of which slash or claim, and what it calls. */
export interface ClaimCall extends Pick<ClaimTransaction, 'subject' | 'kind'> {
  /** Names what the call does, the attempt apart: calls of one name take effect once. */
  name: string;
  call: ChainCall;
}

/** Sends the transactions of slashes and claims, one attempt after the other, each noted by the transaction that enqueues it. */
@Injectable()
export class ClaimOutbox {
  constructor(
    private readonly transactions: ClaimTransactionsRepository,
    @Inject(RELAY_FILER) private readonly filer: RelayFiler | null,
  ) {}

  /** The newest attempt; null before the first. */
  latest(subject: Hex, kind: ClaimTransaction['kind']): Promise<LatestAttempt | null> {
    return this.transactions.latest(subject, kind);
  }

  /** Enqueues the attempt behind `latest`; does nothing where another instance already has. */
  async send(
    runner: QueryRunnerLike,
    { subject, kind, name, call }: ClaimCall,
    latest: LatestAttempt | null,
  ): Promise<boolean> {
    if (!this.filer) throw new Error('this relay has no account to send from');
    const attempt = latest === null ? 0 : latest.attempt + 1;
    const key = `claims/${name}/${attempt}`;
    if (!(await this.transactions.record(runner, { subject, kind, attempt, key }))) return false;
    await this.filer.outbox.enqueue({ key, call }, runner);
    return true;
  }
}
