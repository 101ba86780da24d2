import type { AvsConfig } from '@odf/avs';
import { freeCoverWei } from '@odf/market';
import type { Hex } from '@odf/protocol';
import type { ClaimTerms, CoverLine } from '@odf/settlement';

/** The most cover that a policy may ask for; a line that pays a smaller part of a loss would pay less than awards promise. */
const COVERAGE_BIPS = 9_000;
/** Bit of the fault that a wrong result is, in a line's mask. */
const WRONG_RESULT = 1n << 1n;

/** What a line is to stand behind; Unix ms. */
export interface CoverUse {
  coprocessor: Hex;
  owner: Hex;
  avs: AvsConfig;
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
    (line.avs_id === null || line.avs_id === use.avs.avs_id) &&
    line.valid_from_ms <= BigInt(use.fromMs) &&
    line.valid_until_ms >= BigInt(use.untilMs) &&
    line.valid_until_ms + line.slash_tail_ms >= BigInt(use.claimableUntilMs) &&
    (line.claim_terms === null || paysFor(line.claim_terms, use.avs))
  );
}

/** Whether claims on an AVS's slashes would be paid under these terms; whatever they are where nobody attributes faults. */
function paysFor(terms: ClaimTerms, avs: AvsConfig): boolean {
  if (avs.attributor === 'none') return true;
  return (
    terms.attributor === (avs.attributor_contract ?? avs.avs) &&
    (avs.oracle_contract === undefined || terms.oracle === avs.oracle_contract) &&
    terms.coverage_bips >= COVERAGE_BIPS &&
    (terms.fault_mask & WRONG_RESULT) !== 0n &&
    (terms.pinned_slasher === null || terms.pinned_slasher === avs.risk.slasher) &&
    (terms.allow_redistribution || !avs.risk.redistribution)
  );
}

/** What of a line is neither promised to awards nor taken by claims, wei. */
export function freeWei({ cap_wei, taken_wei }: CoverLine, reservedWei: bigint): bigint {
  return freeCoverWei({ cap_wei, drawn_wei: taken_wei }, reservedWei);
}
