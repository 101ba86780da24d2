import type { ClaimProgress, SlashBlock, StoredClaim } from '@odf/persistence';
import type { ClaimState, Hex } from '@odf/protocol';
import type { MirrorStates } from '@odf/settlement';
import { hexToString } from 'viem';

/** The contract takes claims for so long after the slash, ms; pauses of the hub extend it. */
export const FILING_WINDOW_MS = 14 * 86_400_000;
/** After its first veto a claim may be filed once more for so long, ms; pauses of the hub extend it. */
export const REFILING_WINDOW_MS = 14 * 86_400_000;

/** Whether nothing about a claim changes any more. */
export function isFinal(state: ClaimState): boolean {
  return state === 'finalised' || state === 'rejected' || state === 'failed';
}

/** What the contract's events say of a claim; wei, Unix ms. */
export function progressOf(claim: MirrorStates['claim']): ClaimProgress {
  const filing = claim.steps.findLast(({ standing }) => standing === 'filed');
  return {
    state: stateOf(claim),
    amount_wei: claim.amount,
    paid_wei: claim.paid,
    filed_at_ms: filing ? filing.at * 1_000n : null,
    finalisable_at_ms: claim.finalisable_at * 1_000n,
    reason: claim.reason === null ? null : textOf(claim.reason),
  };
}

function stateOf(claim: MirrorStates['claim']): ClaimState {
  if (claim.standing === 'vetoed') return mayBeFiledAgain(claim) ? 'vetoed' : 'rejected';
  // A claim that a resolver upheld waits for its payment like one that nobody disputed.
  return claim.standing === 'resolved' ? 'filed' : claim.standing;
}

/** Whether a claim stands vetoed for the first time; a second veto is the last word. */
export function mayBeFiledAgain({ standing, steps }: Pick<MirrorStates['claim'], 'standing' | 'steps'>): boolean {
  return standing === 'vetoed' && vetoesOf(steps).length === 1;
}

/** When a claim was last vetoed, by the chain; Unix ms. */
export function vetoedAtMs({ steps }: Pick<MirrorStates['claim'], 'steps'>): number {
  return Number(vetoesOf(steps).at(-1)!.at) * 1_000;
}

const vetoesOf = (steps: MirrorStates['claim']['steps']) => steps.filter(({ standing }) => standing === 'vetoed');

/** A claim that the chain does not have, or no longer. */
export function unfiled({ reason }: Pick<StoredClaim, 'reason'>, state: 'queued' | 'failed'): ClaimProgress {
  return { state, amount_wei: null, paid_wei: 0n, filed_at_ms: null, finalisable_at_ms: null, reason };
}

/** Whether progress says anything that is not known of a claim. */
export function isNews(known: StoredClaim, progress: ClaimProgress): boolean {
  const names = Object.keys(progress) as (keyof ClaimProgress)[];
  return names.some((name) => known[name] !== progress[name]);
}

/** Whether the contract still holds something for a claim, or may again: one that was vetoed once may be filed once more. */
export function isPending(claim: Pick<MirrorStates['claim'], 'standing' | 'steps'>): boolean {
  const { standing } = claim;
  if (standing === 'vetoed') return mayBeFiledAgain(claim);
  return standing !== 'finalised' && standing !== 'rejected';
}

/** The slashes of a block on a line as the subject of a job. */
export function subjectOf({ lineId, blockNumber }: SlashBlock): string {
  return `${lineId}/${blockNumber}`;
}

/** The block and line that {@link subjectOf} wrote. */
export function slashBlockOf(subject: string): SlashBlock {
  const [lineId, blockNumber] = subject.split('/') as [Hex, string];
  return { lineId, blockNumber: BigInt(blockNumber) };
}

/** Under which subject the anchor of a block is noted, for a line and so for its oracle: 32 + 8 bytes. */
export function anchorSubject({ lineId, blockNumber }: SlashBlock): Hex {
  return `${lineId}${blockNumber.toString(16).padStart(16, '0')}`;
}

/** Short texts stand as bytes32 in events. */
function textOf(reason: Hex): string {
  const text = hexToString(reason, { size: 32 }).replaceAll('\0', '');
  return /^[ -~]+$/.test(text) ? text : reason;
}
