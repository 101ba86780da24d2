import { freeCoverWei, reservedWei, type CoverReservation } from '@odf/market';
import type { Hex } from '@odf/protocol';

interface Line {
  cap_wei: bigint;
  drawn_wei: bigint;
}

/** The lines of a simulated world: what they hold, what awards have reserved, what claims have drawn; by the relay's own rule. */
export class CoverLedger {
  readonly #lines = new Map<Hex, Line>();
  #reservations: CoverReservation[] = [];
  /** The most wei that any line ever owed beyond what it held: 0 unless cover was promised twice. */
  overPromisedWei = 0n;

  open(lineId: Hex, wei: bigint): void {
    this.#lines.set(lineId, { cap_wei: wei, drawn_wei: 0n });
  }

  /** What a line holds, whatever it has promised. */
  heldWei(lineId: Hex): bigint {
    return freeCoverWei(this.#line(lineId), 0n);
  }

  /** What is left to promise. */
  freeWei(lineId: Hex, atMs: bigint): bigint {
    return freeCoverWei(this.#line(lineId), this.#reservedWei(lineId, atMs));
  }

  /** Binds cover, and notices when the line now owes more than it holds. */
  reserve(reservation: CoverReservation, atMs: bigint): void {
    this.#reservations = this.#reservations.filter(({ until_ms }) => until_ms > atMs);
    this.#reservations.push(reservation);
    const { line_id } = reservation;
    const over = this.#reservedWei(line_id, atMs) - this.heldWei(line_id);
    if (over > this.overPromisedWei) this.overPromisedWei = over;
  }

  /** Pays a claim out of a line, as far as it goes; returns what was paid. */
  pay(lineId: Hex, wei: bigint): bigint {
    const line = this.#line(lineId);
    const held = this.heldWei(lineId);
    const paid = wei < held ? wei : held;
    line.drawn_wei += paid;
    return paid;
  }

  #line(lineId: Hex): Line {
    return this.#lines.get(lineId) ?? { cap_wei: 0n, drawn_wei: 0n };
  }

  #reservedWei(lineId: Hex, atMs: bigint): bigint {
    return reservedWei(lineId, { reservations: this.#reservations, holds: [] }, atMs);
  }
}
