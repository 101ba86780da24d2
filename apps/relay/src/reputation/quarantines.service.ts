import { Inject, Injectable } from '@nestjs/common';
import { QUARANTINE_TAIL_MS, UNTIL_SETTLED } from '@odf/market';
import { QuarantinesRepository, type QueryRunnerLike } from '@odf/persistence';
import type { Hex } from '@odf/protocol';
import { type Clock } from '@odf/telemetry';
import { CLOCK } from '../relay.tokens.js';

const DAY_MS = 86_400_000;
/** A slash may be claimed for so long (SETTLEMENT.md, "Windows"). */
const FILING_MS = 14 * DAY_MS;
/** And this long the owner stays out once the claim is paid or can come no more. */
const AFTERWARDS_MS = Number(QUARANTINE_TAIL_MS);
const RECENT_MS = 1_000;

/** A slash that a coprocessor is to blame for. */
export interface BlamedSlash {
  owner: Hex;
  coprocessor: Hex;
  taskId: Hex;
  operator: Hex;
}

/** Keeps owners out of new awards from the slash of a response that they attested until it is made good. */
@Injectable()
export class QuarantinesService {
  #recent: { atMs: number; owners: Promise<Set<Hex>> } = { atMs: -Infinity, owners: Promise.resolve(new Set()) };

  constructor(
    private readonly quarantines: QuarantinesRepository,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Begins with the slash; without a claim it ends 30 days after the time to file one. */
  async begin(runner: QueryRunnerLike, slash: BlamedSlash): Promise<void> {
    const fromMs = this.clock.nowMs();
    await this.quarantines.begin(runner, { ...slash, fromMs, untilMs: fromMs + FILING_MS + AFTERWARDS_MS });
  }

  /** Holds on while a claim for the slash is pending. */
  hold(runner: QueryRunnerLike, slash: Pick<BlamedSlash, 'taskId' | 'operator'>): Promise<void> {
    return this.quarantines.setEnd(runner, slash, null);
  }

  /** Ends 30 days after the claim is final. */
  release(runner: QueryRunnerLike, slash: Pick<BlamedSlash, 'taskId' | 'operator'>): Promise<void> {
    return this.quarantines.setEnd(runner, slash, this.clock.nowMs() + AFTERWARDS_MS);
  }

  /** When the quarantine of those of these owners that are in one ends, Unix ms; `UNTIL_SETTLED` while a claim is pending. */
  async endsOf(owners: readonly Hex[], runner?: QueryRunnerLike): Promise<Map<Hex, bigint>> {
    const ends = await this.quarantines.endsOf(owners, this.clock.nowMs(), runner);
    return new Map([...ends].map(([owner, untilMs]) => [owner, untilMs === null ? UNTIL_SETTLED : BigInt(untilMs)]));
  }

  /** Whether an owner is in quarantine, as of a second ago at most: enough to tell a bidder early, clearing looks again. */
  async has(owner: Hex): Promise<boolean> {
    const nowMs = this.clock.nowMs();
    if (nowMs - this.#recent.atMs >= RECENT_MS) {
      this.#recent = { atMs: nowMs, owners: this.quarantines.allOwners(nowMs) };
    }
    return (await this.#recent.owners).has(owner);
  }
}
