/** Where the time comes from; Unix milliseconds. */
export interface Clock {
  nowMs(): number;
}

/** The machine's clock. */
export const systemClock: Clock = { nowMs: () => Date.now() };

/** A clock that stands still until it is told to move; for tests and simulations. */
export class ManualClock implements Clock {
  #nowMs: number;

  constructor(startMs = 1_767_225_600_000) {
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  /**
   * Moves the clock forward and returns the new time.
   *
   * @throws {RangeError} when asked to go back.
   */
  advance(byMs: number): number {
    if (!(byMs >= 0)) throw new RangeError('a clock does not go back');
    return (this.#nowMs += byMs);
  }
}
