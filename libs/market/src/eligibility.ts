import type { Hex, TrustPolicy } from '@odf/protocol';
import type { Mismatch } from './reasons.js';
import type { LineSnapshot, ReputationSnapshot } from './types.js';

/** What is offered to a validator: by a bid's step in the auction, or by an award that a sidecar checks. */
export interface Offer {
  coprocessor: Hex;
  /** Share of the reward reference in bps; undefined when only the fee in wei is known. */
  fee_share_bps?: number;
  fee_wei: bigint;
  cover_wei_per_unit: bigint;
  /** Kind and asset of the line behind the cover; null without collateral. */
  line: Pick<LineSnapshot, 'asset' | 'kind'> | null;
  /** Undefined when the caller cannot know it: reputation floors are then not checked. */
  reputation?: ReputationSnapshot;
  /** Assurance bits that are given and checked on every delivery. */
  assurance: number;
  /** Asset that the AVS slashes; null when any will do. */
  slashed_asset: Hex | null;
}
export type Acceptance = { ok: true; tier: number } | { ok: false; reason: Mismatch };
export function isAcceptable(policy: TrustPolicy, offer: Offer): Acceptance {
  throw new Error(`${policy.max_fee_wei}${offer.fee_wei}`);
}
