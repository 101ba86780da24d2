import { BlsKey } from '@odf/bls';
import type { Hex } from '@odf/protocol';
import type { Random } from './random.js';
import { coverWei, FULL_COVER_BPS } from './units.js';

/** What a coprocessor does, term by term. */
export interface Behaviour {
  /** Fee share that it asks, bps. */
  askBps: (term: number) => number;
  /** Units that it offers. */
  units: (term: number) => number;
  /** Its chance to deliver a task on time. */
  reliability: (term: number) => number;
  /** The term in whose last task it has everybody sign a wrong result; null for never. */
  betraysIn: number | null;
}

/** A bidder: one key, one owner, one line of collateral. */
export interface Coprocessor {
  name: string;
  key: BlsKey;
  pubkey: Hex;
  owner: Hex;
  lineId: Hex;
  /** Real cost of serving a unit, bps of its reward. */
  costBps: number;
  /** Wei that its line holds at first. */
  fundsWei: bigint;
  /** Cover that it offers for each unit, bps of the stake; 0 when it bids on its record alone. */
  coverBps: number;
  bornTerm: number;
  /** Whether it served for sixty days before the first term. */
  established: boolean;
  behaviour: Behaviour;
}

/** What tells coprocessors apart; the rest follows. */
export interface Character {
  costBps: number;
  capacity: number;
  reliability: number;
  /** Units whose full cover its line holds. */
  covers: number;
  coverBps?: number;
  bornTerm?: number;
  established?: boolean;
  betraysIn?: number;
}

/** Terms whose cover is bound at once: the running one, and the one that can still be claimed for. */
const OVERLAPPING_TERMS = 2n;

/** A coprocessor that bids its cost and offers what its line covers in every one of the terms that bind it at once. */
export function coprocessorOf(random: Random, name: string, character: Character): Coprocessor {
  const { costBps, capacity, reliability, covers, coverBps = FULL_COVER_BPS } = character;
  const own = random.fork(name);
  const key = BlsKey.fromHex(`0x00${own.bytes(31, 'key').slice(2)}`);
  const units = coverBps === 0 ? capacity : Math.min(capacity, covers);
  return {
    name,
    key,
    pubkey: key.pubkey,
    owner: own.bytes(20, 'owner'),
    lineId: own.bytes(32, 'line'),
    costBps,
    fundsWei: OVERLAPPING_TERMS * BigInt(covers) * coverWei(coverBps),
    coverBps,
    bornTerm: character.bornTerm ?? 0,
    established: character.established ?? false,
    behaviour: {
      askBps: () => costBps,
      units: () => units,
      reliability: () => reliability,
      betraysIn: character.betraysIn ?? null,
    },
  };
}

/** Changes what a coprocessor does. */
export function behave(coprocessor: Coprocessor, changes: Partial<Behaviour>): void {
  coprocessor.behaviour = { ...coprocessor.behaviour, ...changes };
}
