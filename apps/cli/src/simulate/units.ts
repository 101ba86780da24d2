/** Terms of a whole evaluation. */
export const EVALUATED_TERMS = 180;

/** Length of a term and of a simulated day, ms. */
export const TERM_MS = 86_400_000n;
/** Tasks of a term, one an hour. */
export const TASKS = 20;
const HOUR_MS = 3_600_000n;
/** How long after a term its cover can still be claimed (the challenge window), ms: over before the next but one is frozen. */
export const CLAIM_TAIL_MS = TERM_MS - HOUR_MS;

const ETHER = 10n ** 18n;
/** Reward of a unit and task in wei. */
export const REWARD_WEI = ETHER / 25n;
/** What a wrong response costs a unit, wei: its whole stake, forty terms' rewards. */
export const STAKE_WEI = 32n * ETHER;
/** The most that a line may cover of it (MARKET.md, "Classes"). */
export const FULL_COVER_BPS = 9000;
/** What an identity costs its owner, wei. */
export const BOND_WEI = ETHER;

/** One in the morning of 2026-01-01: records are folded by then. */
const FIRST_TERM_MS = 1_767_225_600_000n + HOUR_MS;

/** When a term starts, Unix ms. */
export function termStartMs(term: number): bigint {
  return FIRST_TERM_MS + BigInt(term) * TERM_MS;
}

/** When a task is due, Unix ms. */
export function taskAtMs(term: number, task: number): bigint {
  return termStartMs(term) + BigInt(task + 1) * HOUR_MS;
}

/** A share in bps of a unit's stake, wei. */
export function coverWei(coverBps: number): bigint {
  return (STAKE_WEI * BigInt(coverBps)) / 10_000n;
}

/** Wei in rewards of a unit and task. */
export function inRewards(wei: bigint): number {
  return Number((wei * 10_000n) / REWARD_WEI) / 10_000;
}
