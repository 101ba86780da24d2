import { Inject, Injectable } from '@nestjs/common';
import {
  auctionsOf,
  foldEvents,
  foldEventsOfDay,
  isCorrection,
  isForgotten,
  NO_RECORD,
  scoreDayOf,
  scoreOf,
  dayOf,
  stakesOfDecision,
  type ReputationEvent,
  type ReputationState,
  type StakesOf,
} from '@odf/market';
import {
  inTransaction,
  ReputationRepository,
  ReputationScoresRepository,
  type FoldedReputation,
  type QueryRunnerLike,
} from '@odf/persistence';
import type { Hex } from '@odf/protocol';
import { type Clock } from '@odf/telemetry';
import type { Logger } from 'pino';
import { DataSource } from 'typeorm';
import { AwardsService } from '../awards/awards.service.js';
import { Ticker } from '../core/ticker.js';
import { CLOCK, LOGGER } from '../relay.tokens.js';

const DAY_MS = 86_400_000;
const EVERY_MS = 60_000;

/** Folds each day's events into the owners' records once it is over, every day in turn, by whichever instance comes first. */
@Injectable()
export class ReputationFold {
  readonly #ticker: Ticker;

  constructor(
    private readonly database: DataSource,
    private readonly events: ReputationRepository,
    private readonly scores: ReputationScoresRepository,
    private readonly awards: AwardsService,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.#ticker = new Ticker({
      pass: () => this.pass(),
      atMostMs: EVERY_MS,
      onError: (error) => logger.error({ err: error }, 'folding reputations failed and is tried again'),
    });
  }

  start(): void {
    this.#ticker.start();
  }

  /** Lets the current pass finish and starts no other. */
  stop(): Promise<void> {
    return this.#ticker.stop();
  }

  /** Folds the days that are over, and returns in how many ms to look again. */
  async pass(): Promise<number> {
    await this.through(scoreDayOf(BigInt(this.clock.nowMs())));
    return EVERY_MS;
  }

  /** Folds every day up to one that is over; nothing to do for days that were folded before. */
  async through(day: number): Promise<void> {
    for (let next = await this.#nextDay(); next !== null && next <= day; next++) await this.#fold(next);
  }

  /** The first day that is not folded; null while there is no event. */
  async #nextDay(): Promise<number | null> {
    const last = await this.scores.lastDay();
    if (last !== null) return last + 1;
    const first = await this.events.firstMs();
    return first === null ? null : dayOf(BigInt(first));
  }

  async #fold(day: number): Promise<void> {
    await inTransaction(this.database, async (runner) => {
      await this.scores.lock(runner);
      const last = await this.scores.lastDay(runner);
      if (last !== null && last >= day) return;
      const events = await this.events.between(day * DAY_MS, (day + 1) * DAY_MS, { runner });
      const before = await this.scores.foldedAt(day - 1, runner);
      const states = new Map(before.map((folded) => [folded.owner, stateOf(folded)]));
      const folded = await this.#foldAll(runner, { day, events, states });
      await this.scores.insertDay(runner, { day, atMs: this.clock.nowMs(), folded });
    });
  }

  async #foldAll(
    runner: QueryRunnerLike,
    { day, events, states }: { day: number; events: ReputationEvent[]; states: ReadonlyMap<Hex, ReputationState> },
  ): Promise<FoldedReputation[]> {
    const owners = new Set([...states.keys(), ...events.map(({ owner }) => owner)]);
    const corrected = new Set(events.filter(isCorrection).map(({ owner }) => owner));
    // Who is corrected is folded anew from all its events, as if the fault had always been another's.
    const anew = await this.events.between(0, (day + 1) * DAY_MS, { owners: [...corrected], runner });
    const stakesOf = await this.#stakesOf(auctionsOf([...events, ...anew]));
    return [...owners].flatMap((owner) => {
      const own = (all: readonly ReputationEvent[]) => all.filter((event) => event.owner === owner);
      const state = corrected.has(owner)
        ? foldEvents(own(anew), stakesOf, day)
        : foldEventsOfDay(states.get(owner) ?? NO_RECORD, own(events), stakesOf);
      const { live_r, safe_r } = state;
      return isForgotten(state) ? [] : [{ owner, day, ...scoreOf(state), shares: { live_r, safe_r } }];
    });
  }

  async #stakesOf(auctions: ReadonlySet<Hex>): Promise<StakesOf> {
    const known = new Map<Hex, StakesOf>();
    for (const auction of auctions) {
      const decision = await this.awards.decisionOf(auction);
      if (decision) known.set(auction, stakesOfDecision(decision));
    }
    return (auction, coprocessor, role) => {
      const stakes = known.get(auction);
      if (!stakes) throw new Error(`the auction ${auction} of a reputation event has no transcript`);
      return stakes(auction, coprocessor, role);
    };
  }
}

function stateOf({ shares, live_s, safe_s }: FoldedReputation): ReputationState {
  return { ...shares, live_s, safe_s };
}
