import type { Hex } from '@odf/protocol';
import type { CoverLine } from '@odf/settlement';

/** What a line is to stand behind; Unix ms. */
export interface CoverUse {
  coprocessor: Hex;
  owner: Hex;
  avsId: Hex;
  /** Key root of the relay that signs the award. */
  relayRoot: Hex;
  fromMs: number;
  untilMs: number;
  /** Until when a slash of the award may be claimed. */
  claimableUntilMs: number;
}

/** Whether a line can stand behind awards of this bidder: for every operator of an award, through its term and its claims. */
export function lineServes(line: CoverLine | null, use: CoverUse): line is CoverLine {
  return (
    line !== null &&
    line.coprocessor === use.coprocessor &&
    line.owner === use.owner &&
    line.operator === null &&
    (line.relay_root === null || line.relay_root === use.relayRoot) &&
    (line.avs_id === null || line.avs_id === use.avsId) &&
    line.valid_from_ms <= BigInt(use.fromMs) &&
    line.valid_until_ms >= BigInt(use.untilMs) &&
    line.valid_until_ms + line.slash_tail_ms >= BigInt(use.claimableUntilMs)
  );
}

/** What of a line is neither promised to awards nor taken by claims, wei. */
export function freeWei({ cap_wei, taken_wei }: CoverLine, reservedWei: bigint): bigint {
  const bound = taken_wei + reservedWei;
  return cap_wei > bound ? cap_wei - bound : 0n;
}
