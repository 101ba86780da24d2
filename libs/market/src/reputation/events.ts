import { bytes32, OdfError, type DataReputation, type Hex } from '@odf/protocol';
import { z } from 'zod';
import type { AuctionDecision, Role } from '../types.js';
import type { Shares } from './decay.js';
import { foldDay, isForgotten, NO_RECORD, type ReputationState } from './fold.js';
import { incrementOf, OBSERVED_KINDS, type Observed, type ObservedKind } from './observation.js';

const DAY_MS = 86_400_000n;

/** An event that a record is made of, as the relay publishes it. */
export type ReputationEvent = DataReputation;

/** What an event's evidence must say so that its stake can be found. */
const Served = z.object({ auction_id: bytes32.json, role: z.enum(['0', '1']) });

/** An operator's correction of an earlier event: who was at fault after all. */
const Correction = z.object({
  corrects: z.string().regex(/^[0-9]+$/),
  attribution: z.enum(['coprocessor', 'relay', 'avs', 'infrastructure', 'nobody']),
  reason: z.string(),
});

/** Stake in wei, by operator, that an award put into its coprocessor's hands. */
export type StakesOf = (auctionId: Hex, coprocessor: Hex, role: Role) => Shares<Hex>;

/** Days since 1970 of a moment in Unix ms. */
export function dayOf(atMs: bigint): number {
  return Number(atMs / DAY_MS);
}

/** Events of a day may become durable so long after it, ms: a day is folded after that. */
export const FOLD_DELAY_MS = 600_000n;

/** The day, since 1970, up to whose end a record counts in an auction that was frozen at a moment in Unix ms. */
export function scoreDayOf(frozenAtMs: bigint): number {
  return dayOf(frozenAtMs - FOLD_DELAY_MS) - 1;
}

/** Auctions whose awards tell the stakes of some events. */
export function auctionsOf(events: readonly ReputationEvent[]): Set<Hex> {
  return new Set(events.filter(isObserved).map((event) => servedOf(event).auction_id));
}

/**
 * A record at the end of a day, from all its events; later ones are left out.
 *
 * An event counts by the attribution that corrections up to that day have given it, as if it had always been so.
 *
 * @param through days since 1970.
 * @throws {OdfError} REQUEST_MALFORMED when an event's evidence does not say what it must.
 */
export function foldEvents(events: readonly ReputationEvent[], stakesOf: StakesOf, through: number): ReputationState {
  const known = events.filter(({ at_ms }) => dayOf(BigInt(at_ms)) <= through);
  const counted = corrected(known);
  if (counted.length === 0) return NO_RECORD;
  const byDay = new Map<number, ReputationEvent[]>();
  for (const event of counted) {
    const day = dayOf(BigInt(event.at_ms));
    byDay.set(day, [...(byDay.get(day) ?? []), event]);
  }
  let state = NO_RECORD;
  for (let day = Math.min(...byDay.keys()); day <= through; day++)
    state = foldEventsOfDay(state, byDay.get(day) ?? [], stakesOf);
  return state;
}

/** A record one day later, from the events of that day; corrections are not looked at. */
export function foldEventsOfDay(
  state: ReputationState,
  events: readonly ReputationEvent[],
  stakesOf: StakesOf,
): ReputationState {
  if (events.length === 0 && isForgotten(state)) return state;
  const counting = events.filter(({ attribution }) => attribution === 'coprocessor');
  const slashes = counting.filter(({ kind }) => kind === 'response_slashed').length;
  return foldDay(
    state,
    incrementOf(
      counting.filter(isObserved).map((event) => observedOf(event, stakesOf)),
      slashes,
    ),
  );
}

/** Whether an event corrects another one. */
export function isCorrection({ kind }: ReputationEvent): boolean {
  return kind === 'correction';
}

/** The events that are no corrections, each with its newest attribution. */
function corrected(events: readonly ReputationEvent[]): ReputationEvent[] {
  const attributions = new Map<string, ReputationEvent['attribution']>();
  for (const event of [...events].sort((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1))) {
    if (!isCorrection(event)) continue;
    const { corrects, attribution } = parse(Correction, event);
    attributions.set(corrects, attribution);
  }
  return events
    .filter((event) => !isCorrection(event))
    .map((event) => ({ ...event, attribution: attributions.get(event.id) ?? event.attribution }));
}

function isObserved(event: ReputationEvent): event is ReputationEvent & { kind: ObservedKind } {
  return (OBSERVED_KINDS as readonly string[]).includes(event.kind);
}

function observedOf(event: ReputationEvent & { kind: ObservedKind }, stakesOf: StakesOf): Observed {
  const { auction_id, role } = servedOf(event);
  const stakes = stakesOf(auction_id, event.coprocessor, role === '0' ? 0 : 1);
  return { avs_id: event.avs_id, kind: event.kind, stakes };
}

function servedOf(event: ReputationEvent): z.output<typeof Served> {
  return parse(Served, event);
}

function parse<T>(schema: z.ZodType<T>, { id, evidence }: ReputationEvent): T {
  const result = schema.safeParse(evidence);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  throw new OdfError(
    'REQUEST_MALFORMED',
    `reputation event ${id}: evidence.${issue.path.join('.')}: ${issue.message}.`,
  );
}

/** The least that a validator stakes. */
const VALIDATOR_STAKE_WEI = 32n * 10n ** 18n;

/** The stakes of every award of an auction, in wei: a validator's is what its policy says that it can lose, 32 ETH at least. */
export function stakesOfDecision({ inputs, awards }: AuctionDecision): StakesOf {
  const staked = new Map<Hex, bigint>();
  for (const { validator_root, class_index } of inputs.members) {
    const { slashable_wei } = inputs.classes[class_index]!.policy;
    staked.set(validator_root, slashable_wei > VALIDATOR_STAKE_WEI ? slashable_wei : VALIDATOR_STAKE_WEI);
  }
  const known = new Map<string, Map<Hex, bigint>>();
  return (_, coprocessor, role) => {
    const key = `${coprocessor}${role}`;
    const stakes = known.get(key) ?? new Map<Hex, bigint>();
    if (known.has(key)) return stakes;
    known.set(key, stakes);
    const award = awards.find((one) => one.coprocessor === coprocessor && one.role === role);
    for (const { validator_root, operator } of award?.leaves ?? []) {
      stakes.set(operator, (stakes.get(operator) ?? 0n) + staked.get(validator_root)!);
    }
    return stakes;
  };
}
