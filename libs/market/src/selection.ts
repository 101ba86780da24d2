import { zeroHex, type Bid, type Hex } from '@odf/protocol';
import type { LossReason } from './reasons.js';
import { mayBid } from './standing.js';
import type { AuctionFacts, BidEntry } from './types.js';

const STANDING = zeroHex(32);

/** Whether a bid is over when the auction closes (Unix milliseconds). */
export function isExpired(bid: Bid, closesAtMs: bigint): boolean {
  return bid.valid_until * 1000n <= closesAtMs;
}

/** When bidding ended, and when the bidders were looked at; Unix milliseconds. */
type BiddingTimes = Pick<AuctionFacts, 'closes_at_ms' | 'frozen_at_ms'>;

/**
 * Which bids count, and why the others do not: one of each coprocessor and one of each owner (PROTOCOL.md, "Who counts").
 *
 * Returns a reason per bid, null for those that count.
 */
export function selectBids(bids: readonly BidEntry[], auction: BiddingTimes): (LossReason | null)[] {
  const standing = new Set(newestOfEach(bids).values());
  const reasons = bids.map((entry) => (standing.has(entry) ? unfitness(entry, auction) : 'CANCELLED'));
  const firstSeq = new Map<Hex, bigint>();
  for (const { bid, receipt } of bids) {
    const known = firstSeq.get(bid.message.coprocessor);
    if (known === undefined || receipt.seq < known) firstSeq.set(bid.message.coprocessor, receipt.seq);
  }
  const ofOwner = new Map<Hex, number>();
  const order = bids.map((_, index) => index).filter((index) => reasons[index] === null);
  const seqOf = (index: number): bigint => firstSeq.get(bids[index]!.bid.message.coprocessor)!;
  order.sort((a, b) => (seqOf(a) < seqOf(b) ? -1 : 1));
  for (const index of order) {
    const { owner } = bids[index]!;
    if (ofOwner.has(owner)) reasons[index] = 'OWNER_DUPLICATE';
    else ofOwner.set(owner, index);
  }
  return reasons;
}

/** Per coprocessor the bid that replaces its others: a specific one before a standing one, then by nonce, then by seq. */
function newestOfEach(bids: readonly BidEntry[]): Map<Hex, BidEntry> {
  const newest = new Map<Hex, BidEntry>();
  for (const entry of bids) {
    const known = newest.get(entry.bid.message.coprocessor);
    if (!known || replaces(entry, known)) newest.set(entry.bid.message.coprocessor, entry);
  }
  return newest;
}

function replaces(entry: BidEntry, known: BidEntry): boolean {
  const [bid, other] = [entry.bid.message, known.bid.message];
  const specific = bid.auction_id !== STANDING;
  if (specific !== (other.auction_id !== STANDING)) return specific;
  if (bid.nonce !== other.nonce) return bid.nonce > other.nonce;
  return entry.receipt.seq < known.receipt.seq;
}

function unfitness({ bid, line, standing }: BidEntry, auction: BiddingTimes): LossReason | null {
  if (bid.message.steps.length === 0) return 'CANCELLED';
  if (isExpired(bid.message, auction.closes_at_ms)) return 'EXPIRED';
  if (!mayBid(standing, auction.frozen_at_ms)) return 'SUSPENDED';
  // Without cover no line is needed; one that is named must hold all the same.
  const lineHolds = line === null ? bid.message.cover_wei_per_unit === 0n : line.valid;
  return lineHolds ? null : 'LINE_INVALID';
}
