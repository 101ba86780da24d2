/**
 * Runs a pass over what is due: again at the moment that the pass names, at once when nudged, never two at a time.
 *
 * A pass that throws is reported and tried again; nothing it did not commit is lost.
 */
export class Ticker {
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #nudged = false;
  #stopped = false;

  constructor(
    private readonly options: {
      /** Does what is due and returns in how many ms something is due next. */
      pass: () => Promise<number>;
      /** The longest wait in ms, whatever the pass says. */
      atMostMs: number;
      onError: (error: unknown) => void;
    },
  ) {}

  /** Starts with a pass at once. */
  start(): void {
    this.nudge();
  }

  /** Asks for a pass as soon as possible. */
  nudge(): void {
    if (this.#stopped) return;
    this.#nudged = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      if (this.#nudged) this.nudge();
    });
  }

  /** Lets the current pass finish and starts no other. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  async #run(): Promise<void> {
    clearTimeout(this.#timer);
    let waitMs = this.options.atMostMs;
    while (this.#nudged && !this.#stopped) {
      this.#nudged = false;
      try {
        waitMs = await this.options.pass();
      } catch (error) {
        this.options.onError(error);
        waitMs = RETRY_MS;
      }
    }
    if (this.#stopped) return;
    const delayMs = Math.max(MIN_WAIT_MS, Math.min(waitMs, this.options.atMostMs));
    this.#timer = setTimeout(() => this.nudge(), delayMs);
  }
}

const RETRY_MS = 250;
const MIN_WAIT_MS = 5;
