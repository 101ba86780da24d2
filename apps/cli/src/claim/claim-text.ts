import { ClaimRefusal, type JudgedClaim } from '@odf/settlement';
import type { ClaimReport } from './claim-session.js';

const HINTS = {
  unconfirmed: 'try again in some blocks',
  unanchored: 'run again: the block of the slash is anchored first',
  refused: 'the chain would revert it as it stands',
} as const;

/** Why a claim is not filed, and what to do. */
export function refusalText(error: Error): string {
  return error instanceof ClaimRefusal
    ? `refused: ${error.message} (${HINTS[error.kind]})`
    : `refused: ${error.message}`;
}

/** What the chain would hold. */
export function judgedText({ claim_id, amount_wei, bond_wei }: JudgedClaim): string {
  return (
    `the chain would take the claim ${claim_id} and hold ${amount_wei} wei for it, ` +
    `against a bond of ${bond_wei} wei from who files; nothing was sent`
  );
}

/** A claim for people. */
export function reportText({ claim_id, state, operator, amount_wei, finalisable_at_ms, vetoes }: ClaimReport): string {
  const when = new Date(finalisable_at_ms).toISOString();
  const what = {
    filed: `held until ${when}; then anybody may finalise it: run again with --wait`,
    disputed: 'disputed; run again with --wait to follow it',
    finalised: `paid to ${operator}, who takes it out of the vault (--wait with the operator's key does)`,
    rejected: 'rejected; nothing is paid',
    vetoed: vetoes > 1 ? 'vetoed for the second time; nothing is paid' : 'vetoed; run again to file it once more',
  }[state];
  return `claim ${claim_id}: ${state}\n${amount_wei} wei ${what}`;
}
