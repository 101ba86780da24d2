import type { Hex } from '@odf/protocol';

/** Cover in wei that an award keeps of a line until `until_ms`, the end of its last claim window in Unix ms. */
export interface CoverReservation {
  line_id: Hex;
  amount_wei: bigint;
  until_ms: bigint;
}

/** Cover in wei that a slash may still cost a line; until `reserved_until_ms` the award's own reservation holds it. */
export interface CoverHold {
  line_id: Hex;
  liability_wei: bigint;
  reserved_until_ms: bigint;
  /** Whether its claim is final, or can come no more. */
  over: boolean;
}

/**
 * What of a line is promised at a moment: the reservations of all awards whose claims may still come, and the slashes that
 * outlast them (P3).
 *
 * Overlapping terms add up, also for one operator: it may be slashed in each of them, and each slash be claimed.
 */
export function reservedWei(
  lineId: Hex,
  { reservations, holds }: { reservations: Iterable<CoverReservation>; holds: Iterable<CoverHold> },
  atMs: bigint,
): bigint {
  let sum = 0n;
  for (const { line_id, amount_wei, until_ms } of reservations) {
    if (line_id === lineId && until_ms > atMs) sum += amount_wei;
  }
  for (const { line_id, liability_wei, reserved_until_ms, over } of holds) {
    if (line_id === lineId && !over && reserved_until_ms <= atMs) sum += liability_wei;
  }
  return sum;
}

/** What of a line's cap may be promised: less what was drawn and what is promised already; never below nothing. */
export function freeCoverWei(line: { cap_wei: bigint; drawn_wei: bigint }, reserved: bigint): bigint {
  const bound = line.drawn_wei + reserved;
  return line.cap_wei > bound ? line.cap_wei - bound : 0n;
}

/** How often over a term locks its cover: terms whose claim windows are open at once. */
export function lockupFactor(termMs: number, claimTailMs: number): number {
  return Math.ceil((termMs + claimTailMs) / termMs);
}
