import { OdfError } from '@odf/protocol';

/** What a batch answers for each of its items. */
export type GroupAnswer<R> = R | OdfError;

interface Waiting<T, R> {
  item: T;
  resolve: (answer: R) => void;
  reject: (error: unknown) => void;
}

/**
 * Makes many waiters durable by one transaction: at once when idle, grouped while one is under way.
 *
 * The work answers each item with a value or a refusal; if it throws, nothing was done and every waiter is told.
 */
export class GroupCommit<T, R> {
  #waiting: Waiting<T, R>[] = [];
  #running: Promise<void> | undefined;

  constructor(
    private readonly work: (items: T[]) => Promise<GroupAnswer<R>[]>,
    private readonly limits: {
      maxBatch: number;
      maxWaiting: number;
      onBatch?: (size: number, seconds: number) => void;
    },
  ) {}

  /** How many wait. */
  get length(): number {
    return this.#waiting.length;
  }

  /**
   * Waits until the item is durable or refused.
   *
   * @throws {OdfError} UNAVAILABLE when too many wait, or the item's own refusal.
   */
  submit(item: T): Promise<R> {
    if (this.#waiting.length >= this.limits.maxWaiting) {
      return Promise.reject(new OdfError('UNAVAILABLE', 'Too much waits to be written.', 1));
    }
    const answer = new Promise<R>((resolve, reject) => this.#waiting.push({ item, resolve, reject }));
    this.#running ??= this.#run();
    return answer;
  }

  /** Waits until nothing waits. */
  async drain(): Promise<void> {
    while (this.#running) await this.#running;
  }

  async #run(): Promise<void> {
    // One turn of the event loop lets what arrives together share a transaction.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) await this.#commit(this.#waiting.splice(0, this.limits.maxBatch));
    this.#running = undefined;
  }

  async #commit(batch: Waiting<T, R>[]): Promise<void> {
    const begin = performance.now();
    try {
      const answers = await this.work(batch.map(({ item }) => item));
      batch.forEach(({ resolve, reject }, index) => {
        const answer = answers[index];
        if (answer instanceof OdfError) reject(answer);
        else resolve(answer as R);
      });
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
    this.limits.onBatch?.(batch.length, (performance.now() - begin) / 1000);
  }
}
