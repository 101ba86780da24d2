import { zeroHex, type AvsInfo, type Hex } from '@odf/protocol';
import type { CoverLineTerms } from '@odf/settlement';
import type { ChainLine } from './ports.js';
import type { LineStrategy } from './settlement-strategy.js';

const DAY = 86_400n;

/** Whose line it is, and for what. */
export interface LinePlace {
  /** key_root of the coprocessor. */
  coprocessor: Hex;
  owner: Hex;
  relayRoot: Hex;
  avs: Pick<AvsInfo, 'avs' | 'operator_set_id'>;
}

/**
 * The terms of a pooled line that opens now; Unix seconds.
 *
 * They count from the start of the day, so that whoever lost track of a line opened today arrives at the same id.
 */
export function lineTerms(wanted: LineStrategy, place: LinePlace, nowS: bigint): CoverLineTerms {
  const validFrom = nowS - (nowS % DAY);
  return {
    coprocessor: place.coprocessor,
    owner: place.owner,
    relayRoot: place.relayRoot,
    operator: zeroHex(20),
    avs: place.avs.avs,
    operatorSetId: place.avs.operator_set_id,
    asset: wanted.asset,
    cap: wanted.cap_wei,
    validFrom,
    validUntil: validFrom + BigInt(wanted.term_days + 1) * DAY,
    slashTail: BigInt(wanted.slash_tail_days) * DAY,
    coverageBips: wanted.coverage_bips,
    faultMask: wanted.faults.reduce((mask, fault) => mask | (1n << BigInt(fault)), 0n),
    oracle: wanted.oracle,
    attributor: wanted.attributor ?? place.avs.avs,
    pinnedSlasher: wanted.pinned_slasher,
    allowRedistribution: wanted.allow_redistribution,
    termsHash: zeroHex(32),
    salt: zeroHex(32),
  };
}

/** Members that a line must have exactly as wanted. */
const SAME = [
  ...(['coprocessor', 'owner', 'relayRoot', 'operator', 'avs', 'operatorSetId', 'asset'] as const),
  ...(['oracle', 'attributor', 'pinnedSlasher', 'allowRedistribution', 'faultMask'] as const),
];

/** The lines that stand behind bids where these terms are wanted, the longest-lived first; Unix seconds. */
export function servingLines(lines: readonly ChainLine[], wanted: CoverLineTerms, nowS: bigint): ChainLine[] {
  return lines
    .filter(
      ({ terms, remainingWei }) =>
        remainingWei > 0n &&
        SAME.every((member) => terms[member] === wanted[member]) &&
        terms.coverageBips >= wanted.coverageBips &&
        terms.slashTail >= wanted.slashTail &&
        terms.validFrom <= nowS &&
        terms.validUntil > nowS,
    )
    .sort((a, b) => (a.terms.validUntil < b.terms.validUntil ? 1 : a.terms.validUntil > b.terms.validUntil ? -1 : 0));
}

/** Whether a new line is due: none of these is large enough and lives for more than a quarter of its term; Unix seconds. */
export function needsLine(serving: readonly ChainLine[], wanted: CoverLineTerms, nowS: bigint): boolean {
  const least = (wanted.validUntil - wanted.validFrom) / 4n;
  return !serving.some(({ terms }) => terms.cap >= wanted.cap && terms.validUntil - nowS > least);
}
