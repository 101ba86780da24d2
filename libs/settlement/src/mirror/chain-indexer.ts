import type { PublicClient } from 'viem';
import type { Deployment } from '../chain/deployment.js';
import { BlockReader, type ChainBlock, type ReadBlocks } from './block-reader.js';
import { ContractEvents } from './contract-events.js';
import { Draft } from './draft.js';
import type { MirrorBlock, MirrorStore } from './mirror-store.js';

/** What a {@link ChainIndexer} works on. */
export interface ChainIndexerOptions {
  client: PublicClient;
  deployment: Deployment;
  store: MirrorStore;
  /** The first block that may have events of the deployment. */
  startBlock: bigint;
  /** Blocks below the head that are kept and followed one by one; deeper reorganisations read everything anew. 128 unless told. */
  keep?: number;
  /** Most blocks of one step far from the head; 2,000 unless told. */
  maxRange?: number;
}

/** What one step did. */
export type IndexerStep =
  | { did: 'nothing' }
  /** Read on. */
  | { did: 'advanced'; from: bigint; to: bigint }
  /** Dropped this many blocks that the chain no longer has. */
  | { did: 'rolled back'; dropped: bigint };

/** Most blocks of one step near the head: each is asked for by itself. */
const NEAR_RANGE = 32n;

/**
 * Follows the events of the settlement's contracts into a mirror, through reorganisations.
 *
 * A step reads without changing anything and writes once, on the tip that it began from: killed anywhere, it is as if it had not
 * begun, and of several instances one takes effect.
 */
export class ChainIndexer {
  readonly #reader: BlockReader;
  readonly #events: ContractEvents;
  readonly #keep: bigint;
  readonly #maxRange: bigint;
  readonly #store: MirrorStore;
  readonly #source: string;
  readonly #startBlock: bigint;
  #opened = false;
  #head: MirrorBlock | null = null;
  #tip: MirrorBlock | null = null;

  constructor({ client, deployment, store, startBlock, keep = 128, maxRange = 2_000 }: ChainIndexerOptions) {
    this.#events = new ContractEvents(deployment);
    this.#reader = new BlockReader(client, this.#events.addresses);
    this.#store = store;
    this.#startBlock = startBlock;
    this.#source = `${deployment.chainId}:${deployment.hub}`;
    this.#keep = BigInt(keep);
    this.#maxRange = BigInt(maxRange);
  }

  /** The newest block that the chain told of; null before the first step. */
  get head(): bigint | null {
    return this.#head?.number ?? null;
  }

  /** The newest block in the mirror as this instance last saw it. */
  get tip(): MirrorBlock | null {
    return this.#tip;
  }

  /** Blocks that the chain has and the mirror has not, as of the last step; null before the first one. */
  get lag(): bigint | null {
    if (!this.#head) return null;
    const behind = this.#head.number - (this.#tip?.number ?? this.#startBlock - 1n);
    return behind > 0n ? behind : 0n;
  }

  /**
   * Does the next piece of work, if there is any.
   *
   * @throws {ChainMoved} when the chain changed under the reading; the next step sees the new one.
   */
  async step(): Promise<IndexerStep> {
    if (!this.#opened) await this.#store.open(this.#source);
    this.#opened = true;
    const head = await this.#reader.head();
    const tip = await this.#store.tip();
    [this.#head, this.#tip] = [head, tip];
    if (tip && !(await this.#isOnChain(tip, head))) return this.#rollback(tip);
    const from = tip ? tip.number + 1n : this.#startBlock;
    return from > head.number ? { did: 'nothing' } : this.#advance(tip, from, head);
  }

  async #isOnChain(tip: MirrorBlock, head: ChainBlock): Promise<boolean> {
    if (head.hash === tip.hash || head.parent === tip.hash) return true;
    return (await this.#reader.at(tip.number))?.hash === tip.hash;
  }

  async #advance(tip: MirrorBlock | null, from: bigint, head: ChainBlock): Promise<IndexerStep> {
    const { blocks, events } = await this.#read(tip, from, head.number);
    const draft = new Draft(this.#store);
    for (const event of events) {
      for (const change of this.#events.changesOf(event)) await draft.apply(change, event.block_number);
    }
    const done = await this.#store.advance(tip?.hash ?? null, blocks, draft.rows(), head.number - this.#keep);
    // Another instance was faster; what it wrote is there.
    if (!done) return { did: 'nothing' };
    this.#tip = blocks.at(-1)!;
    return { did: 'advanced', from, to: this.#tip.number };
  }

  #read(tip: MirrorBlock | null, from: bigint, head: bigint): Promise<ReadBlocks> {
    const oldest = head - this.#keep;
    if (from > oldest) return this.#reader.each(from, least(head, from + NEAR_RANGE - 1n), tip?.hash ?? null);
    return this.#reader.range(from, least(oldest, from + this.#maxRange - 1n));
  }

  /** Goes back to the newest block that the chain still has. */
  async #rollback(tip: MirrorBlock): Promise<IndexerStep> {
    const kept = await this.#store.blocks();
    const common = await this.#newestOnChain(kept);
    const to = common?.number ?? null;
    if (!(await this.#store.rollback(tip.hash, to))) return { did: 'nothing' };
    this.#tip = common;
    return { did: 'rolled back', dropped: tip.number - (to ?? this.#startBlock - 1n) };
  }

  async #newestOnChain(kept: readonly MirrorBlock[]): Promise<MirrorBlock | null> {
    for (const block of kept) if ((await this.#reader.at(block.number))?.hash === block.hash) return block;
    return null;
  }
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
