import type { Hex } from '@odf/protocol';

interface Reservation {
  lineId: Hex;
  wei: bigint;
  untilMs: bigint;
}

/** What lines hold and what awards have reserved of them, by the relay's rule: a reservation binds until nothing can be claimed. */
export class CoverLedger {
  readonly #lockedWei = new Map<Hex, bigint>();
  #reservations: Reservation[] = [];
  /** The most wei that any line ever owed beyond what it held: 0 unless cover was promised twice. */
  overPromisedWei = 0n;

  open(lineId: Hex, wei: bigint): void {
    this.#lockedWei.set(lineId, wei);
  }

  lockedWei(lineId: Hex): bigint {
    return this.#lockedWei.get(lineId) ?? 0n;
  }

  reservedWei(lineId: Hex, atMs: bigint): bigint {
    return this.#reservations
      .filter((one) => one.lineId === lineId && one.untilMs > atMs)
      .reduce((sum, { wei }) => sum + wei, 0n);
  }

  /** What is left to promise. */
  freeWei(lineId: Hex, atMs: bigint): bigint {
    const free = this.lockedWei(lineId) - this.reservedWei(lineId, atMs);
    return free > 0n ? free : 0n;
  }

  /** Binds cover, and notices when a line now owes more than it holds. */
  reserve(lineId: Hex, wei: bigint, atMs: bigint, untilMs: bigint): void {
    this.#reservations = this.#reservations.filter((one) => one.untilMs > atMs);
    this.#reservations.push({ lineId, wei, untilMs });
    const over = this.reservedWei(lineId, atMs) - this.lockedWei(lineId);
    if (over > this.overPromisedWei) this.overPromisedWei = over;
  }

  /** Pays a claim out of a line, as far as it goes; returns what was paid. */
  pay(lineId: Hex, wei: bigint): bigint {
    const locked = this.lockedWei(lineId);
    const paid = wei < locked ? wei : locked;
    this.#lockedWei.set(lineId, locked - paid);
    return paid;
  }
}
