import { setImmediate } from 'node:timers';
import type { Worker } from 'node:worker_threads';
import { OdfError, type Hex } from '@odf/protocol';
import { BatchWorker, type WorkerSettings } from './batch-worker.js';
import { knownAnswer } from './native.js';
import { isWellFormed, packSets, type SignatureSet } from './signature-set.js';
import { startSignatureWorker } from './start-worker.js';

/** A batch that was checked, for metrics. */
export interface CheckedBatch {
  size: number;
  refused: number;
  /** From sending to the thread until its answer. */
  seconds: number;
}

/** How a {@link SignatureVerifier} is set up; every member has a default. */
export interface SignatureVerifierOptions {
  /** Most signatures of `verify` and `verifySameMessage` that wait at once. */
  maxWaiting?: number;
  /** Most signatures of `verifyMany` that wait at once; the default holds the largest registration body, 93,206. */
  maxWaitingBulk?: number;
  /** How many decompressed keys the thread keeps. */
  cachedKeys?: number;
  /** Called after each batch; must not throw. */
  onBatch?: (batch: CheckedBatch) => void;
  /** How the thread is started; tests put in one that they can kill. */
  startWorker?: (settings: WorkerSettings) => Worker;
}

interface Waiting {
  set: SignatureSet;
  resolve: (holds: boolean) => void;
  reject: (error: unknown) => void;
}

/** Sets of one native call. */
const LARGEST_BATCH = 128;
/** What goes to the thread behind a batch under way; fewer wait for company. */
const FULL_ENOUGH = 64;
/** Of each batch, what bulk work may take while single signatures wait. */
const BULK_SHARE = 32;

/**
 * Checks signatures in one worker thread, in batches: at once when idle, grouped under load.
 *
 * Signatures over the same message share two pairings, others one each. A batch that fails is split until the bad ones are
 * named, so that every answer is exact. Infinity, malformed and off-subgroup points are false, never thrown.
 */
export class SignatureVerifier {
  readonly #worker: BatchWorker;
  readonly #options: Required<Omit<SignatureVerifierOptions, 'startWorker' | 'cachedKeys'>>;
  #single: Waiting[] = [];
  #bulk: Waiting[] = [];
  #underWay = 0;
  #wakeUpDue = false;
  #closing = false;
  #drained: (() => void)[] = [];

  constructor(options: SignatureVerifierOptions = {}) {
    const { startWorker = startSignatureWorker, cachedKeys = 131_072, ...rest } = options;
    this.#options = { maxWaiting: 8_192, maxWaitingBulk: 131_072, onBatch: () => undefined, ...rest };
    this.#worker = new BatchWorker(() => startWorker({ cachedKeys }));
  }

  /** How many signatures wait for their batch. */
  get waiting(): number {
    return this.#single.length + this.#bulk.length;
  }

  /**
   * Starts the thread and makes sure that it verifies rightly, so that a broken installation is seen at start.
   *
   * @throws {Error} when it fails a known answer; {OdfError} UNAVAILABLE when it cannot start.
   */
  async start(): Promise<void> {
    const { pubkey, signingRoot, signature } = knownAnswer;
    if (!(await this.verify({ pubkey, signingRoot, signature }))) {
      throw new Error('the signature thread fails a known answer: its BLS binary is broken');
    }
  }

  /**
   * Checks one signature, ahead of bulk work.
   *
   * @throws {OdfError} UNAVAILABLE when too many wait, after `close`, or when the thread died over it.
   */
  async verify(set: SignatureSet): Promise<boolean> {
    const [holds] = await this.#enqueue(this.#single, [set], this.#options.maxWaiting);
    return holds!;
  }

  /**
   * Checks many signatures behind the single ones; the answers are in the order of the sets.
   *
   * @throws {OdfError} as {@link verify}; then no answer is given for any of them.
   */
  verifyMany(sets: readonly SignatureSet[]): Promise<boolean[]> {
    return this.#enqueue(this.#bulk, sets, this.#options.maxWaitingBulk);
  }

  /**
   * Checks signatures of several keys over one message, ahead of bulk work, by aggregation with fresh random coefficients.
   *
   * @throws {OdfError} as {@link verify}; then no answer is given for any of them.
   */
  verifySameMessage(
    signingRoot: Hex,
    items: readonly Pick<SignatureSet, 'pubkey' | 'signature'>[],
  ): Promise<boolean[]> {
    const sets = items.map(({ pubkey, signature }) => ({ pubkey, signingRoot, signature }));
    return this.#enqueue(this.#single, sets, this.#options.maxWaiting);
  }

  /** Takes no more work, finishes what waits, and ends the thread. */
  async close(): Promise<void> {
    this.#closing = true;
    if (this.waiting + this.#underWay > 0) await new Promise<void>((resolve) => this.#drained.push(resolve));
    await this.#worker.close();
  }

  async #enqueue(lane: Waiting[], sets: readonly SignatureSet[], limit: number): Promise<boolean[]> {
    if (this.#closing) throw new OdfError('UNAVAILABLE', 'The signature check is shutting down.', 1);
    if (lane.length + sets.length > limit)
      throw new OdfError('UNAVAILABLE', 'Too many signatures wait for their check.', 1);
    const answers = sets.map((set) =>
      isWellFormed(set)
        ? new Promise<boolean>((resolve, reject) => lane.push({ set, resolve, reject }))
        : Promise.resolve(false),
    );
    this.#wakeUp();
    return Promise.all(answers);
  }

  /** Waits out the current turn of the event loop, so that what arrived in it shares a batch. */
  #wakeUp(): void {
    if (this.#wakeUpDue) return;
    this.#wakeUpDue = true;
    setImmediate(() => {
      this.#wakeUpDue = false;
      this.#dispatch();
    });
  }

  /** One batch is under way, and a full one may wait in the thread behind it so that the thread never idles. */
  #dispatch(): void {
    while (this.waiting > 0 && (this.#underWay === 0 || (this.#underWay === 1 && this.waiting >= FULL_ENOUGH))) {
      void this.#check(this.#nextBatch());
    }
  }

  #nextBatch(): Waiting[] {
    const bulkShare = Math.min(this.#bulk.length, BULK_SHARE);
    const batch = this.#single.splice(0, LARGEST_BATCH - bulkShare);
    return batch.concat(this.#bulk.splice(0, LARGEST_BATCH - batch.length));
  }

  /** Never rejects: every failure goes to those who wait. */
  async #check(batch: Waiting[]): Promise<void> {
    this.#underWay += 1;
    const begin = performance.now();
    try {
      const verdicts = await this.#worker.run(packSets(batch.map(({ set }) => set)));
      batch.forEach(({ resolve }, index) => resolve(verdicts[index] === 1));
      const holding = verdicts.reduce((sum, verdict) => sum + verdict, 0);
      const seconds = (performance.now() - begin) / 1000;
      this.#options.onBatch({ size: batch.length, refused: batch.length - holding, seconds });
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      this.#underWay -= 1;
      this.#dispatch();
      if (this.waiting + this.#underWay === 0) for (const resolve of this.#drained.splice(0)) resolve();
    }
  }
}
