import type { Hex } from '@odf/protocol';
import type { CoverLine } from '@odf/settlement';

/** Whether a line can stand behind awards of this bidder until a moment; Unix ms. */
export function lineServes(
  line: CoverLine | null,
  use: { coprocessor: Hex; owner: Hex; avs: Hex; fromMs: number; untilMs: number },
): line is CoverLine {
  return (
    line !== null &&
    line.coprocessor === use.coprocessor &&
    line.owner === use.owner &&
    (line.avs === null || line.avs === use.avs) &&
    line.valid_from_ms <= BigInt(use.fromMs) &&
    line.valid_until_ms >= BigInt(use.untilMs)
  );
}
