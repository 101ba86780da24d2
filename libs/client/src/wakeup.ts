import { sleep } from './retrying.js';

/** Pauses that can be cut short; a wake that comes while nobody waits cuts the next pause. */
export class Wakeup {
  #due = false;
  #cut: () => void = () => undefined;

  /** Ends the pause, or the next one if there is none. */
  wake(): void {
    this.#due = true;
    this.#cut();
  }

  /** Waits so many ms, or until somebody wakes, or the signal ends everything. */
  async pause(ms: number, signal: AbortSignal): Promise<void> {
    const timer = new AbortController();
    this.#cut = () => timer.abort();
    try {
      if (!this.#due) await sleep(ms, AbortSignal.any([signal, timer.signal]));
    } catch (error) {
      if (!signal.aborted && !timer.signal.aborted) throw error;
    } finally {
      this.#due = false;
      this.#cut = () => undefined;
    }
  }
}
