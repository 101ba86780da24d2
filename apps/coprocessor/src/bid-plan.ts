import { zeroHex, type Bid, type CoprocessorAuction, type Hex, type PriceStep } from '@odf/protocol';
import type { BidRecord } from './store.js';
import { stepsWithin, type AvsStrategy } from './strategy.js';

/** The auction id of a standing bid. */
export const STANDING: Hex = zeroHex(32);
/** How long a refused bid is left alone before it is tried anew, milliseconds. */
const REFUSED_PAUSE_MS = 15_000n;

/** A bid that should stand; without steps: none. */
export interface WantedBid {
  auction_id: Hex;
  steps: PriceStep[];
}

/** The auctions that bids of a strategy go to: all to come, or each open one. A bid of the other kind is withdrawn. */
export function biddableAuctions(
  strategy: AvsStrategy,
  auctions: readonly CoprocessorAuction[],
  known: readonly BidRecord[],
): Hex[] {
  const open = auctions.filter(({ state }) => state === 'open').map(({ auction_id }) => auction_id);
  const bidFor = new Set(known.map(({ bid }) => bid.message.auction_id));
  const standing = strategy.standing || bidFor.has(STANDING) ? [STANDING] : [];
  return [...standing, ...(strategy.standing ? open.filter((auction) => bidFor.has(auction)) : open)];
}

/** What should stand in an auction, given the units that are free. */
export function wantedBid(strategy: AvsStrategy, auctionId: Hex, freeUnits: number): WantedBid {
  const applies = strategy.enabled && strategy.standing === (auctionId === STANDING);
  return { auction_id: auctionId, steps: applies ? stepsWithin(strategy.steps, freeUnits) : [] };
}

/** What to do about a wanted bid. */
export type BidAction = 'nothing' | 'resend' | 'replace';

type Terms = Pick<Bid, 'line_id' | 'cover_wei_per_unit' | 'standby'>;

function sameOffer(bid: Bid, wanted: WantedBid, terms: Terms): boolean {
  return (
    JSON.stringify(bid.steps) === JSON.stringify(wanted.steps) &&
    (wanted.steps.length === 0 ||
      (bid.line_id === terms.line_id &&
        bid.cover_wei_per_unit === terms.cover_wei_per_unit &&
        bid.standby === terms.standby))
  );
}

/** Compares the newest bid of an auction with what should stand there; times in Unix milliseconds. */
export function nextAction(
  newest: BidRecord | undefined,
  wanted: WantedBid,
  terms: Terms,
  time: { nowMs: bigint; validForMs: bigint },
): BidAction {
  if (!newest) return wanted.steps.length > 0 ? 'replace' : 'nothing';
  // A bid that was sent but not answered must be settled first: its nonce may be known.
  if (newest.state === 'signed') return 'resend';
  const { message } = newest.bid;
  if (newest.state === 'refused') {
    if (newest.reason === 'BID_NONCE_STALE') return 'replace';
    if (wanted.steps.length === 0) return 'nothing';
    return time.nowMs - newest.at_ms >= REFUSED_PAUSE_MS ? 'replace' : 'nothing';
  }
  if (!sameOffer(message, wanted, terms)) return 'replace';
  const halfOver = message.valid_until * 1000n - time.nowMs < time.validForMs / 2n;
  return halfOver && wanted.steps.length > 0 ? 'replace' : 'nothing';
}
