import { Inject, Injectable } from '@nestjs/common';
import { scoreDayOf, type ReputationSnapshot } from '@odf/market';
import { ReputationScoresRepository, type ReputationScore } from '@odf/persistence';
import type { Hex } from '@odf/protocol';
import { type Clock } from '@odf/telemetry';
import { CLOCK } from '../relay.tokens.js';
import { ReputationFold } from './reputation-fold.js';

const NEWCOMER: ReputationSnapshot = { live_r: 0n, live_s: 0n, safe_r: 0n, safe_s: 0n };

/** Tells what is made of what coprocessors did: a score for each owner and day, which anybody can recompute. */
@Injectable()
export class ReputationScoresService {
  constructor(
    private readonly scores: ReputationScoresRepository,
    private readonly fold: ReputationFold,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Each owner's record as it counts in an auction that is frozen at a moment, fixed point 1e9; days that are missing are folded first. */
  async snapshotOf(owners: readonly Hex[], frozenAtMs: number): Promise<(owner: Hex) => ReputationSnapshot> {
    const day = scoreDayOf(BigInt(frozenAtMs));
    await this.fold.through(day);
    const scores = await this.scores.at(day, owners);
    return (owner) => {
      const score = scores.get(owner);
      if (!score) return NEWCOMER;
      const { live_r, live_s, safe_r, safe_s } = score;
      return { live_r, live_s, safe_r, safe_s };
    };
  }

  /** Each owner's record as it counts now. */
  current(owners: readonly Hex[]): Promise<(owner: Hex) => ReputationSnapshot> {
    return this.snapshotOf(owners, this.clock.nowMs());
  }

  /** The last day that is folded, days since 1970; null before the first. */
  lastDay(): Promise<number | null> {
    return this.scores.lastDay();
  }

  /** A page of the scores at the end of a day, by rising owner. */
  page(query: {
    day: number;
    after: Hex | undefined;
    owner: Hex | undefined;
    limit: number;
  }): Promise<ReputationScore[]> {
    return this.scores.page(query);
  }
}
