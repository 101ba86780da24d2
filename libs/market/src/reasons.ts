/** Why a bid won nothing, or not all that it offered (PROTOCOL.md, "Loss reasons"). */
export const LOSS_REASONS = [
  'OVER_RESERVE',
  'NO_ELIGIBLE_CLASS',
  'CAPPED',
  'COLLATERAL_EXHAUSTED',
  'OUTSCORED',
  'LANE_FULL',
  'CANCELLED',
  'EXPIRED',
  'LINE_INVALID',
  'REPUTATION_LIMIT',
  'SUSPENDED',
  'OWNER_DUPLICATE',
] as const;
export type LossReason = (typeof LOSS_REASONS)[number];

/** Why a validator has no award (PROTOCOL.md, "No-award reasons"); the relay adds those that precede the auction. */
export const NO_AWARD_REASONS = [
  'NO_BIDS',
  'NO_ELIGIBLE_BID',
  'NOT_ENROLLED',
  'ENROLLMENT_PENDING',
  'ENROLLMENT_EXPIRED',
  'COVER_EXHAUSTED',
  'STANDBY_NO_COVER',
  'AUCTION_VOID',
] as const;
export type NoAwardReason = (typeof NO_AWARD_REASONS)[number];

/** Why a bid does not meet a policy; in the order in which a policy is checked. */
export const MISMATCHES = [
  'DENIED',
  'NOT_ALLOWED',
  'FEE_SHARE_TOO_HIGH',
  'FEE_TOO_HIGH',
  'NO_TIER',
  'ASSURANCE_MISSING',
  'REPUTATION_TOO_LOW',
  'COLLATERAL_MISSING',
  'COLLATERAL_KIND',
  'COLLATERAL_ASSET',
  'COVER_TOO_LOW',
] as const;
export type Mismatch = (typeof MISMATCHES)[number];
