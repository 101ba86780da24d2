import type { Hex } from '@odf/protocol';
import { scoreDayOf } from './reputation/index.js';
import type { AuctionDecision } from './types.js';

/** A validator that two terms of an AVS which run at once both give a primary. */
export interface DoubleAward {
  validator_root: Hex;
  auctions: readonly [Hex, Hex];
}

/** An owner whose record two auctions that count the same days take for different. */
export interface ChangedReputation {
  owner: Hex;
  auctions: readonly [Hex, Hex];
}

/** Validators that are awarded twice: each once for every pair of terms. */
export function doubleAwards(decisions: readonly AuctionDecision[]): DoubleAward[] {
  const terms = decisions.filter(({ inputs }) => inputs.auction.mode === 'term').sort(byStart);
  return terms.flatMap((later, at) =>
    terms
      .slice(0, at)
      .filter((earlier) => runAtOnce(earlier, later))
      .flatMap((earlier) => {
        const served = new Set(primariesOf(earlier));
        const auctions = [idOf(earlier), idOf(later)] as const;
        return primariesOf(later)
          .filter((root) => served.has(root))
          .map((validator_root) => ({ validator_root, auctions }));
      }),
  );
}

/** Owners whose reputation differs between auctions that must count it up to the same day. */
export function changedReputations(decisions: readonly AuctionDecision[]): ChangedReputation[] {
  const first = new Map<string, { auction: Hex; record: string }>();
  const changed = new Map<string, ChangedReputation>();
  for (const decision of decisions) {
    const { auction, bids } = decision.inputs;
    for (const { owner, reputation } of bids) {
      const key = `${scoreDayOf(auction.frozen_at_ms)} ${owner}`;
      const record = Object.values(reputation).join();
      const known = first.get(key);
      if (!known) first.set(key, { auction: auction.auction_id, record });
      else if (known.record !== record) changed.set(key, { owner, auctions: [known.auction, auction.auction_id] });
    }
  }
  return [...changed.values()];
}

function primariesOf({ awards }: AuctionDecision): Hex[] {
  return awards.flatMap(({ role, leaves }) => (role === 0 ? leaves.map(({ validator_root }) => validator_root) : []));
}

function runAtOnce(
  { inputs: { auction: one } }: AuctionDecision,
  { inputs: { auction: other } }: AuctionDecision,
): boolean {
  return one.avs_id === other.avs_id && one.term_start_ms < other.term_end_ms && other.term_start_ms < one.term_end_ms;
}

function idOf({ inputs }: AuctionDecision): Hex {
  return inputs.auction.auction_id;
}

function byStart(a: AuctionDecision, b: AuctionDecision): number {
  const difference = a.inputs.auction.term_start_ms - b.inputs.auction.term_start_ms;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}
