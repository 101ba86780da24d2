import type { Hex } from '@odf/protocol';

/** A block that the mirror has read. */
export interface MirrorBlock {
  number: bigint;
  hash: Hex;
  parent: Hex;
}

/** What a subject was after a block in which it changed. */
export interface MirrorRow {
  kind: string;
  /** The subject, 20 bytes or more. */
  id: Hex;
  /** What the subject belongs to, for reading all of one. */
  group: Hex;
  block_number: bigint;
  /** JSON without bigints. */
  state: unknown;
}

/** A subject as the newest block left it, and as the newest confirmed one did. */
export interface MirrorView {
  id: Hex;
  group: Hex;
  /** The newest block in which it changed. */
  block_number: bigint;
  head: unknown;
  /** Null where the subject is in no confirmed block yet. */
  confirmed: unknown;
}

/** Which subjects of a kind are asked for. */
export type MirrorSubjects = { ids: readonly Hex[] } | { group: Hex };

/**
 * Where the mirror of a chain is kept: one version of a subject per block in which it changed, so that dropping blocks is deleting
 * rows. Every write names the tip that it goes on from, so that of several writers one takes effect.
 */
export interface MirrorStore {
  /** Makes the store follow `source`; whatever it kept of another one is gone. */
  open(source: string): Promise<void>;

  /** The newest block that was read. */
  tip(): Promise<MirrorBlock | null>;

  /** The blocks that are kept, newest first. */
  blocks(): Promise<MirrorBlock[]>;

  /** Subjects of a kind in the order in which they first appeared; `depth` blocks below the tip and deeper count as confirmed. */
  find(kind: string, subjects: MirrorSubjects, depth: bigint): Promise<MirrorView[]>;

  /**
   * Adds blocks and what they changed, and forgets blocks below `keepFrom`; all of it or nothing.
   *
   * @param tip hash of the tip that this goes on from; null for the first blocks.
   * @returns false when the tip is another by now; then nothing was written.
   */
  advance(
    tip: Hex | null,
    blocks: readonly MirrorBlock[],
    rows: readonly MirrorRow[],
    keepFrom: bigint,
  ): Promise<boolean>;

  /**
   * Drops every block above `to` with what it changed; all blocks if `to` is null.
   *
   * @returns false when the tip is not `tip` by now; then nothing was dropped.
   */
  rollback(tip: Hex, to: bigint | null): Promise<boolean>;
}
