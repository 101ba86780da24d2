import type { Hex } from '@odf/protocol';
import type { MirrorKind, MirrorStates } from './mirror-states.js';

/** Where an event stands. */
export interface EventPlace {
  /** The contract that emitted it. */
  address: Hex;
  transaction: Hex;
  block_number: bigint;
  /** The block's time, Unix seconds. */
  at: bigint;
}

/** What one event does to one subject. */
export interface Change {
  kind: MirrorKind;
  id: Hex;
  /** Null keeps the group that the subject began with. */
  group: Hex | null;
  /** The state after the event from the one before it, undefined for a new subject. */
  apply(before: object | undefined): object;
}

/**
 * A change of a subject that exists, or that begins as `initial`.
 *
 * @throws {Error} on applying it, when there is neither: the mirror began behind the subject's first event.
 */
export function change<K extends MirrorKind>(
  kind: K,
  place: { id: Hex; group: Hex | null },
  apply: (before: MirrorStates[K]) => MirrorStates[K],
  initial?: MirrorStates[K],
): Change {
  return {
    kind,
    ...place,
    apply(before) {
      const from = (before as MirrorStates[K] | undefined) ?? initial;
      if (from === undefined) throw new Error(`the mirror knows no ${kind} ${place.id}: it began after the deployment`);
      return apply(from);
    },
  };
}

/** Lower-case hex, as ids and accounts are kept. */
export function lower(hex: Hex): Hex {
  return hex.toLowerCase() as Hex;
}

/** The id of a pair of subjects. */
export function pairId(first: Hex, second: Hex): Hex {
  return lower(`${first}${second.slice(2)}`);
}
