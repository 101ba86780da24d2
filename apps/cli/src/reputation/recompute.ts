import { auctionsOf, dayOf, foldEvents, scoreOf, type ReputationEvent, type StakesOf } from '@odf/market';
import type { Hex, ReputationScore } from '@odf/protocol';

/** The numbers of a score, 1e9 fixed point. */
export type ScoreNumbers = Record<'live_r' | 'live_s' | 'safe_r' | 'safe_s', bigint>;

const NUMBERS = ['live_r', 'live_s', 'safe_r', 'safe_s'] as const;

/** A score that is not what its events make of it. */
export interface ScoreDifference {
  owner: Hex;
  number: (typeof NUMBERS)[number];
  stored: bigint;
  recomputed: bigint;
}

/** What a recomputation came to. */
export interface Recomputation {
  /** UTC, at whose end the scores stand. */
  day: string;
  owners: number;
  events: number;
  auctions: number;
  /** By owner. */
  differences: ScoreDifference[];
}

/** What scores are recomputed from: all of it is public. */
export interface ScoreSources {
  day: string;
  stored: readonly ReputationScore[];
  events: readonly ReputationEvent[];
  stakesOf: StakesOf;
}

/**
 * Computes every owner's score at the end of a day from its events, and compares; who has no stored score has nothing.
 *
 * @throws {OdfError} REQUEST_MALFORMED when an event's evidence does not say what it must.
 */
export function recomputeScores({ day, stored, events, stakesOf }: ScoreSources): Recomputation {
  const through = dayOf(BigInt(Date.parse(`${day}T00:00:00Z`)));
  const counted = events.filter(({ at_ms }) => dayOf(BigInt(at_ms)) <= through);
  const byOwner = new Map(stored.map((score) => [score.owner, numbersOf(score)]));
  const owners = [...new Set([...byOwner.keys(), ...counted.map(({ owner }) => owner)])].sort();
  const differences = owners.flatMap((owner) => {
    const own = counted.filter((event) => event.owner === owner);
    return differencesOf(owner, byOwner.get(owner) ?? NOTHING, scoreOf(foldEvents(own, stakesOf, through)));
  });
  return { day, owners: owners.length, events: counted.length, auctions: auctionsOf(counted).size, differences };
}

const NOTHING: ScoreNumbers = { live_r: 0n, live_s: 0n, safe_r: 0n, safe_s: 0n };

function numbersOf({ live, safe }: ReputationScore): ScoreNumbers {
  return { live_r: live.r, live_s: live.s, safe_r: safe.r, safe_s: safe.s };
}

function differencesOf(owner: Hex, stored: ScoreNumbers, recomputed: ScoreNumbers): ScoreDifference[] {
  return NUMBERS.filter((number) => stored[number] !== recomputed[number]).map((number) => ({
    ...{ owner, number },
    ...{ stored: stored[number], recomputed: recomputed[number] },
  }));
}
