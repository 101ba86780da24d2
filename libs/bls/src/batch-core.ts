import blst from '@chainsafe/blst';
import { LRUCache } from 'lru-cache';
import { holds, isBlstRefusal } from './blst-errors.js';
import { unpackSets, type PackedSet } from './signature-set.js';

/* This file runs inside the worker thread and imports no other lib at run time, so that the thread starts quickly. */

interface ParsedSet extends PackedSet {
  key: blst.PublicKey;
}

/** The bit of a compressed point's first byte that says infinity. */
const INFINITY_FLAG = 0x40;
/** Below this many sets of one message, checking each is as cheap as two aggregations. */
const LEAST_AGGREGATE = 4;

/** Checks packed signature sets in batches and says of each whether it holds; keeps the keys that it has met. */
export class BatchCore {
  readonly #keys: LRUCache<string, blst.PublicKey>;

  constructor(cachedKeys: number) {
    this.#keys = new LRUCache({ max: cachedKeys });
  }

  /** The verdict of each set in order, 1 or 0. */
  verify(packed: Uint8Array): Uint8Array<ArrayBuffer> {
    const sets = unpackSets(packed);
    const verdicts = new Uint8Array(sets.length);
    const [alone, sharing] = this.#bySharedMessage(sets);
    judge(alone, verdicts, (indexed) => allHold(indexed.map(({ set }) => set)));
    for (const group of sharing) judge(group, verdicts, (indexed) => allSignTheSame(indexed.map(({ set }) => set)));
    return verdicts;
  }

  /** Parses the keys, leaves out what cannot hold, and parts messages signed once from those signed by several. */
  #bySharedMessage(sets: PackedSet[]): [alone: Indexed[], sharing: Indexed[][]] {
    const groups = new Map<string, Indexed[]>();
    sets.forEach((set, index) => {
      const key = isInfinity(set.signature) ? null : this.#key(set.pubkey);
      if (!key) return;
      const message = latin1(set.signingRoot);
      const group = groups.get(message);
      const indexed = { index, set: { ...set, key } };
      if (group) group.push(indexed);
      else groups.set(message, [indexed]);
    });
    const all = [...groups.values()];
    return [all.filter((group) => group.length === 1).flat(), all.filter((group) => group.length > 1)];
  }

  /** The decompressed key, checked for infinity and subgroup when first met; null if it is none. */
  #key(pubkey: Uint8Array): blst.PublicKey | null {
    const name = latin1(pubkey);
    const known = this.#keys.get(name);
    if (known) return known;
    try {
      const key = blst.PublicKey.fromBytes(pubkey, true);
      this.#keys.set(name, key);
      return key;
    } catch (error) {
      if (isBlstRefusal(error)) return null;
      throw error;
    }
  }
}

interface Indexed {
  index: number;
  set: ParsedSet;
}

type Together = (sets: Indexed[]) => boolean;

/** Marks the sets that hold: all at once if they hold together, else by looking for the bad ones. */
function judge(sets: Indexed[], verdicts: Uint8Array, together: Together): void {
  if (sets.length < LEAST_AGGREGATE) judgeEach(sets, verdicts);
  else if (together(sets)) accept(sets, verdicts);
  else judgeFailed(sets, verdicts, together);
}

/**
 * Halves a batch that is known to hold a bad set until it is named; once both halves are bad, each set is checked alone.
 *
 * So one bad set costs about three times a good batch, and a batch full of them no more than its single checks and two batches.
 */
function judgeFailed(sets: Indexed[], verdicts: Uint8Array, together: Together): void {
  if (sets.length < LEAST_AGGREGATE) return judgeEach(sets, verdicts);
  const left = sets.slice(0, sets.length >>> 1);
  const right = sets.slice(left.length);
  if (together(left)) {
    accept(left, verdicts);
    judgeFailed(right, verdicts, together);
  } else if (together(right)) {
    accept(right, verdicts);
    judgeFailed(left, verdicts, together);
  } else {
    judgeEach(sets, verdicts);
  }
}

function judgeEach(sets: Indexed[], verdicts: Uint8Array): void {
  for (const { index, set } of sets) verdicts[index] = Number(holdsAlone(set));
}

function accept(sets: Indexed[], verdicts: Uint8Array): void {
  for (const { index } of sets) verdicts[index] = 1;
}

function holdsAlone({ signingRoot, key, signature }: ParsedSet): boolean {
  return holds(() => blst.verify(signingRoot, key, blst.Signature.fromBytes(signature), false, true));
}

/** Different messages: one random linear combination (https://ethresear.ch/t/5407), a pairing for each message. */
function allHold(sets: ParsedSet[]): boolean {
  return holds(() =>
    blst.verifyMultipleAggregateSignatures(
      sets.map(({ signingRoot, key, signature }) => ({
        msg: signingRoot,
        pk: key,
        sig: blst.Signature.fromBytes(signature),
      })),
      false,
      true,
    ),
  );
}

/**
 * One message: random linear combinations of keys and signatures, two pairings for all.
 *
 * The library draws fresh 64-bit coefficients, the protocol asks for 128: two independent rounds let a bad batch pass as
 * rarely as one round with coefficients of 128 bits.
 */
function allSignTheSame(sets: ParsedSet[]): boolean {
  const { signingRoot } = sets[0]!;
  const pairs = sets.map(({ key, signature }) => ({ pk: key, sig: signature }));
  const round = () => {
    const { pk, sig } = blst.aggregateWithRandomness(pairs);
    return blst.verify(signingRoot, pk, sig, false, false);
  };
  return holds(() => round() && round());
}

function isInfinity(point: Uint8Array): boolean {
  return (point[0]! & INFINITY_FLAG) !== 0;
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
