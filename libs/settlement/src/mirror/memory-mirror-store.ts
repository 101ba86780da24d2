import type { Hex } from '@odf/protocol';
import type { MirrorBlock, MirrorRow, MirrorStore, MirrorSubjects, MirrorView } from './mirror-store.js';

/** A mirror in memory, for tests and for tools that read a chain once. */
export class MemoryMirrorStore implements MirrorStore {
  #source: string | undefined;
  #blocks: MirrorBlock[] = [];
  #rows: MirrorRow[] = [];

  async open(source: string): Promise<void> {
    if (this.#source !== undefined && this.#source !== source) this.#drop(null);
    this.#source = source;
  }

  async tip(): Promise<MirrorBlock | null> {
    return this.#blocks.at(-1) ?? null;
  }

  async blocks(): Promise<MirrorBlock[]> {
    return this.#blocks.toReversed();
  }

  async find(kind: string, subjects: MirrorSubjects, depth: bigint): Promise<MirrorView[]> {
    const confirmed = (this.#blocks.at(-1)?.number ?? 0n) - depth;
    const views = new Map<Hex, MirrorView>();
    for (const row of this.#rows) {
      if (row.kind !== kind || !isAsked(row, subjects)) continue;
      const before = views.get(row.id)?.confirmed ?? null;
      const { id, group, block_number, state } = structuredClone(row);
      views.set(id, { id, group, block_number, head: state, confirmed: block_number <= confirmed ? state : before });
    }
    return [...views.values()];
  }

  async advance(
    tip: Hex | null,
    blocks: readonly MirrorBlock[],
    rows: readonly MirrorRow[],
    keepFrom: bigint,
  ): Promise<boolean> {
    if ((this.#blocks.at(-1)?.hash ?? null) !== tip) return false;
    this.#blocks = [...this.#blocks, ...blocks].filter(
      ({ number }, index, all) => number >= keepFrom || index === all.length - 1,
    );
    this.#rows.push(...structuredClone(rows as MirrorRow[]));
    return true;
  }

  async rollback(tip: Hex, to: bigint | null): Promise<boolean> {
    if (this.#blocks.at(-1)?.hash !== tip) return false;
    this.#drop(to);
    return true;
  }

  #drop(to: bigint | null): void {
    this.#blocks = this.#blocks.filter(({ number }) => to !== null && number <= to);
    this.#rows = this.#rows.filter(({ block_number }) => to !== null && block_number <= to);
  }
}

function isAsked(row: MirrorRow, subjects: MirrorSubjects): boolean {
  return 'ids' in subjects ? subjects.ids.includes(row.id) : subjects.group === row.group;
}
