import type { AuctionDecision, AuctionInputs } from './types.js';
export function decideAuction(inputs: AuctionInputs): AuctionDecision {
  throw new Error(`${inputs.auction.auction_id}: under construction`);
}
