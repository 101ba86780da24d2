import type { Hex } from '@odf/protocol';
import type { Change } from './change.js';
import { stateFromJson, stateToJson } from './mirror-states.js';
import type { MirrorRow, MirrorStore } from './mirror-store.js';

interface Subject {
  group: Hex;
  state: object;
}

/** The rows that a range of blocks will write: each subject's state after each block in which it changed. */
export class Draft {
  readonly #subjects = new Map<string, Subject | undefined>();
  readonly #rows = new Map<string, MirrorRow>();

  constructor(private readonly store: MirrorStore) {}

  /** Applies a change of an event of that block; events come in their order. */
  async apply(change: Change, blockNumber: bigint): Promise<void> {
    const { kind, id, group } = change;
    const key = `${kind} ${id}`;
    if (!this.#subjects.has(key)) this.#subjects.set(key, await this.#stored(kind, id));
    const before = this.#subjects.get(key);
    const after = { state: change.apply(before?.state), group: (group ?? before?.group)! };
    this.#subjects.set(key, after);
    const row = { kind, id, group: after.group, block_number: blockNumber, state: stateToJson(after.state) };
    this.#rows.set(`${key} ${blockNumber}`, row);
  }

  /** What to write, a row per subject and block. */
  rows(): MirrorRow[] {
    return [...this.#rows.values()];
  }

  async #stored(kind: string, id: Hex): Promise<Subject | undefined> {
    const [view] = await this.store.find(kind, { ids: [id] }, 0n);
    return view && { group: view.group, state: stateFromJson<object>(view.head) };
  }
}
