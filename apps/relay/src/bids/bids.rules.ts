import { OdfError, zeroHex, type Bid } from '@odf/protocol';
import type { RegisteredCoprocessor } from '@odf/settlement';

/** Most price steps ask for the whole reward. */
const FULL_BPS = 10_000;
/** Most replacements of a bid in one auction, after the first. */
export const MAX_REPLACEMENTS = 20;
/** Most bids of one auction: what `BidsFrozen` can name. */
export const MAX_BIDS_PER_AUCTION = 2 ** 20;

const ZERO_ID = zeroHex(32);

/** Whether a bid stands for every auction of its AVS. */
export function isStanding(bid: Bid): boolean {
  return bid.auction_id === ZERO_ID;
}

/** Whether a bid withdraws: it asks for nothing. */
export function isCancellation(bid: Bid): boolean {
  return bid.steps.length === 0;
}

/**
 * Refuses a bid whose members make no sense whatever the auction.
 *
 * @throws {OdfError} BID_STEPS_INVALID, BID_FLAGS_INVALID, BID_ASSURANCE_UNSUPPORTED, BID_EXPIRED.
 */
export function assertBidShape(bid: Bid, nowMs: number, checkedAssurance: number): void {
  bid.steps.forEach((step, index) => {
    const before = bid.steps[index - 1];
    if (step.units === 0 || step.fee_share_bps > FULL_BPS || (before && step.fee_share_bps <= before.fee_share_bps)) {
      throw new OdfError('BID_STEPS_INVALID');
    }
  });
  if (bid.assurance > 3 || bid.standby > 1) throw new OdfError('BID_FLAGS_INVALID');
  if ((bid.assurance & ~checkedAssurance) !== 0) throw new OdfError('BID_ASSURANCE_UNSUPPORTED');
  if (bid.valid_until * 1000n <= BigInt(nowMs)) throw new OdfError('BID_EXPIRED');
}

/**
 * Refuses a bidder who may not bid.
 *
 * @throws {OdfError} BID_COPROCESSOR_UNREGISTERED, BID_COPROCESSOR_SUSPENDED.
 */
export function assertBidder(registered: RegisteredCoprocessor | null): asserts registered is RegisteredCoprocessor {
  if (!registered?.bonded || registered.revoked) throw new OdfError('BID_COPROCESSOR_UNREGISTERED');
  if (registered.suspended) throw new OdfError('BID_COPROCESSOR_SUSPENDED');
}
