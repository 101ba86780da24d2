import { bytes } from '../test/auction.fixture.js';
import { auctionOf, policyOf, type BidPlan } from '../test/auction.fixture.js';
import { knownMarket, regretOf } from '../test/deviations.fixture.js';
import { decideAuction } from './decide.js';
import { nextReferenceTerms, REFERENCE_TERMS, thinReferenceBps } from './reference.js';
import type { ReferenceTerm } from './types.js';

describe('critical prices', () => {
  const markets = Array.from({ length: 8 }, (_, index) => knownMarket(index + 1));

  it('leave no gain above 0.05 % of payments to any price or capacity of one bidder where no cap binds', () => {
    const { price, capacity, most } = regretOf(markets, 'critical', 10_000);
    expect([price, capacity, most].map((gain) => gain < 0.0005)).toEqual([true, true, true]);
  });

  it('leave little where the owner cap binds, and first prices a lot', () => {
    expect(regretOf(markets.slice(0, 2), 'critical', 2_500).most).toBeLessThan(0.01);
    expect(regretOf(markets.slice(0, 2), 'first', 10_000).price).toBeGreaterThan(0.1);
  });
});

describe('the thin-market reference', () => {
  const rivals: BidPlan[] = [500, 520, 540].map((share, index) => ({ coprocessor: index + 1, steps: [[share, 100]] }));
  const monopolist: BidPlan[] = [{ coprocessor: 1, steps: [[500, 100]] }];

  function play(terms: readonly ReferenceTerm[], plans: BidPlan[], tag: number) {
    const { median_bps, awards } = decideAuction(auctionOf([[100, policyOf()]], plans, { reference_terms: terms }));
    return {
      terms: nextReferenceTerms(terms, { auction_id: bytes(32, tag), median_bps }),
      price: awards[0]!.price_bps,
    };
  }

  it('stands still over 100 thin terms, whatever the monopolist asks for', () => {
    let terms: ReferenceTerm[] = [];
    for (let term = 0; term < REFERENCE_TERMS; term++) ({ terms } = play(terms, rivals, term));
    const reference = thinReferenceBps(terms)!;
    const prices = new Set<number>();
    for (let term = 0; term < 100; term++) {
      const asked = 500 + 10 * term;
      const { terms: after, price } = play(terms, [{ ...monopolist[0]!, steps: [[asked, 100]] }], 100 + term);
      prices.add(price);
      expect(price).toBe(Math.max(asked, reference));
      expect(after).toEqual(terms);
      terms = after;
    }
    expect(thinReferenceBps(terms)).toBe(reference);
  });

  it('is the bid without history, and 15 % above the median of even terms', () => {
    expect(play([], monopolist, 1).price).toBe(500);
    const even = Array.from({ length: REFERENCE_TERMS }, (_, index) => ({
      auction_id: bytes(32, index),
      median_bps: 600,
    }));
    expect(thinReferenceBps(even)).toBe(690);
    expect(play(even, monopolist, 1).price).toBe(690);
  });
});
