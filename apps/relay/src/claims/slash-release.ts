import { Inject, Injectable } from '@nestjs/common';
import { ClaimsRepository, SlashesRepository, type SlashRecord } from '@odf/persistence';
import { type Clock } from '@odf/telemetry';
import { DataSource } from 'typeorm';
import { ChainTime } from '../core/chain-time.js';
import { type RelayChain } from '../core/relay-chain.js';
import { CLOCK, RELAY_CHAIN } from '../relay.tokens.js';
import { FILING_WINDOW_MS, isPending } from './claims.rules.js';

/** Most slashes that one pass looks at. */
const MOST = 500;

/** Lets go of cover that slashes hold once nothing can be claimed for them any more, whoever would file it. */
@Injectable()
export class SlashRelease {
  constructor(
    private readonly database: DataSource,
    private readonly slashes: SlashesRepository,
    private readonly claims: ClaimsRepository,
    private readonly time: ChainTime,
    @Inject(RELAY_CHAIN) private readonly chain: RelayChain | null,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Looks once, by the chain's time; returns whether any slash still holds cover. */
  async release(chainNowMs: number): Promise<boolean> {
    for (const slash of await this.slashes.heldSince(chainNowMs - FILING_WINDOW_MS, MOST)) {
      if (await this.#isOver(slash, chainNowMs)) await this.slashes.end(this.database, slash, this.clock.nowMs());
    }
    return (await this.slashes.heldSince(Number.MAX_SAFE_INTEGER, 1)).length > 0;
  }

  async #isOver({ slashedAtMs, lineId, operator, taskId }: SlashRecord, chainNowMs: number): Promise<boolean> {
    const lapsesMs = slashedAtMs + FILING_WINDOW_MS + (await this.time.pausedMsSince(slashedAtMs));
    if (chainNowMs < lapsesMs || (await this.claims.isOpen({ task_id: taskId, operator }))) return false;
    const filed = await this.chain!.reader.all('claim', lineId);
    return !filed.some(({ head }) => head.operator === operator && head.task_id === taskId && isPending(head));
  }
}
