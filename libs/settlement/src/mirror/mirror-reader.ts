import type { Hex } from '@odf/protocol';
import { LRUCache } from 'lru-cache';
import { stateFromJson, type MirrorKind, type MirrorStates } from './mirror-states.js';
import type { MirrorStore, MirrorSubjects, MirrorView } from './mirror-store.js';

/** A subject that is in a confirmed block, as that block left it and as the newest one did. */
export interface Confirmed<S> {
  id: Hex;
  /** The newest block in which it changed. */
  block_number: bigint;
  confirmed: S;
  head: S;
}

/** Subjects that are remembered; a bid asks for two. */
const MOST_REMEMBERED = 20_000;

/** Reads a mirror: what is confirmed, beside what is newest. */
export class MirrorReader {
  readonly #depth: bigint;
  readonly #known = new LRUCache<string, Promise<MirrorView[]>>({ max: MOST_REMEMBERED });
  #version: unknown;

  /**
   * @param confirmations blocks from the one that is confirmed to the newest, both counted; at least 1.
   * @param version changes whenever the mirror does, such as the hash of its tip; without it nothing is remembered.
   */
  constructor(
    private readonly store: MirrorStore,
    confirmations: number,
    private readonly version?: () => unknown,
  ) {
    this.#depth = BigInt(Math.max(1, confirmations) - 1);
  }

  /** One subject; null where no confirmed block has it. */
  async one<K extends MirrorKind>(kind: K, id: Hex): Promise<Confirmed<MirrorStates[K]> | null> {
    return (await this.#confirmed<K>(kind, { ids: [id] }))[0] ?? null;
  }

  /** Those of these subjects that are in confirmed blocks. */
  some<K extends MirrorKind>(kind: K, ids: readonly Hex[]): Promise<Confirmed<MirrorStates[K]>[]> {
    return this.#confirmed<K>(kind, { ids });
  }

  /** Those of a group that are in confirmed blocks, in the order in which they first appeared. */
  all<K extends MirrorKind>(kind: K, group: Hex): Promise<Confirmed<MirrorStates[K]>[]> {
    return this.#confirmed<K>(kind, { group });
  }

  /** One subject as of the newest block, confirmed or not. */
  async newest<K extends MirrorKind>(kind: K, id: Hex): Promise<MirrorStates[K] | null> {
    const [view] = await this.#find(kind, { ids: [id] });
    return view ? stateFromJson<MirrorStates[K]>(view.head) : null;
  }

  async #confirmed<K extends MirrorKind>(kind: K, subjects: MirrorSubjects): Promise<Confirmed<MirrorStates[K]>[]> {
    const views = await this.#find(kind, subjects);
    return views.filter(({ confirmed }) => confirmed !== null).map((view) => confirmedOf<MirrorStates[K]>(view));
  }

  #find(kind: string, subjects: MirrorSubjects): Promise<MirrorView[]> {
    if (!this.version) return this.store.find(kind, subjects, this.#depth);
    const version = this.version();
    if (version !== this.#version) this.#known.clear();
    this.#version = version;
    const key = `${kind} ${'group' in subjects ? `of ${subjects.group}` : subjects.ids.join()}`;
    const known = this.#known.get(key);
    if (known) return known;
    const found = this.store.find(kind, subjects, this.#depth);
    this.#known.set(key, found);
    // A failed answer is no answer: the next one asks again.
    found.catch(() => this.#known.delete(key));
    return found;
  }
}

function confirmedOf<S>({ id, block_number, confirmed, head }: MirrorView): Confirmed<S> {
  return { id, block_number, confirmed: stateFromJson<S>(confirmed), head: stateFromJson<S>(head) };
}
