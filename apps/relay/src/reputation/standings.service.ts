import { Inject, Injectable } from '@nestjs/common';
import { SUSPENSION_MS, suspendedUntilMs, type DueDelivery, type Standing } from '@odf/market';
import { ReputationRepository, type QueryRunnerLike } from '@odf/persistence';
import type { Hex } from '@odf/protocol';
import { type Clock } from '@odf/telemetry';
import { CLOCK } from '../relay.tokens.js';
import { QuarantinesService } from './quarantines.service.js';

const DAY_MS = 86_400_000;
/** Before the suspensions that may still last, deliveries are looked at as far back as a term may reach. */
const TERM_MS = 90 * DAY_MS;

/** What an owner's record keeps it from; Unix ms, 0 for nothing. */
export type OwnerStanding = Omit<Standing, 'registered'>;

const GOOD: OwnerStanding = { suspended_until_ms: 0n, quarantined_until_ms: 0n };

/** Who wins nothing for a while: by the circuit breaker, or in quarantine after a slash (MARKET.md, "Reputation"). */
@Injectable()
export class StandingsService {
  constructor(
    private readonly reputation: ReputationRepository,
    private readonly quarantines: QuarantinesService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** The standing of each of these owners now. */
  async of(owners: readonly Hex[], runner?: QueryRunnerLike): Promise<(owner: Hex) => OwnerStanding> {
    const quarantined = await this.quarantines.endsOf(owners, runner);
    const deliveries = await this.#deliveriesOf(owners, runner);
    const standings = new Map<Hex, OwnerStanding>();
    for (const owner of owners) {
      standings.set(owner, {
        suspended_until_ms: suspendedUntilMs(deliveries.get(owner) ?? []),
        quarantined_until_ms: quarantined.get(owner) ?? 0n,
      });
    }
    return (owner) => standings.get(owner) ?? GOOD;
  }

  async #deliveriesOf(owners: readonly Hex[], runner?: QueryRunnerLike): Promise<Map<Hex, DueDelivery[]>> {
    const sinceMs = this.clock.nowMs() - Number(SUSPENSION_MS) - TERM_MS;
    const byOwner = new Map<Hex, DueDelivery[]>();
    for (const { owner, ...delivery } of await this.reputation.dueDeliveries(owners, sinceMs, runner)) {
      const own = byOwner.get(owner);
      if (own) own.push(delivery);
      else byOwner.set(owner, [delivery]);
    }
    return byOwner;
  }
}
