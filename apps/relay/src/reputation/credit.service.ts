import { Inject, Injectable } from '@nestjs/common';
import { creditWei, dayOf, type EarnedDay } from '@odf/market';
import { CreditRepository, type CreditExposure, type QueryRunnerLike } from '@odf/persistence';
import type { Hex } from '@odf/protocol';
import { type Clock } from '@odf/telemetry';
import { CLOCK } from '../relay.tokens.js';

/** Ten half-lives: what was earned before counts for less than a thousandth. */
const MEMORY_MS = 300 * 86_400_000;

/** How much an owner may put at risk on its reputation alone: what it has earned, less what is at risk already. */
@Injectable()
export class CreditService {
  constructor(
    private readonly credit: CreditRepository,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** The free credit of each of these owners in wei, as of now. */
  async of(owners: readonly Hex[], runner?: QueryRunnerLike): Promise<(owner: Hex) => bigint> {
    const nowMs = this.clock.nowMs();
    const earned = await this.credit.earned(owners, nowMs - MEMORY_MS, runner);
    const exposed = await this.credit.exposedWei(owners, nowMs, runner);
    const today = dayOf(BigInt(nowMs));
    const days = new Map<Hex, Map<number, Map<Hex, bigint>>>();
    for (const { owner, operator, day, amountWei } of earned) {
      const own = days.get(owner) ?? new Map<number, Map<Hex, bigint>>();
      days.set(owner, own);
      own.set(day, (own.get(day) ?? new Map<Hex, bigint>()).set(operator, amountWei));
    }
    return (owner) => {
      const own = [...(days.get(owner) ?? [])].map(([day, fees]): EarnedDay => ({ day, fees }));
      const free = creditWei(own, today) - (exposed.get(owner) ?? 0n);
      return free > 0n ? free : 0n;
    };
  }

  /** Notes what the awards of an auction put at risk, until nothing can be claimed any more. */
  async expose(runner: QueryRunnerLike, exposures: readonly CreditExposure[]): Promise<void> {
    await this.credit.expose(
      runner,
      exposures.filter(({ amountWei }) => amountWei > 0n),
    );
  }
}
