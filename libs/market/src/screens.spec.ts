import { auctionOf, bytes, policyOf, type BidPlan } from '../test/auction.fixture.js';
import { mulberry32 } from '../test/random.fixture.js';
import { decideAuction } from './decide.js';
import { screenAuction, screenFacts, screenWindow, type ScreenFacts, type ScreenFlag } from './screens.js';

const owner = (tag: number) => bytes(20, tag);
const facts = (bids: [score: number, capacity: number, units: number][], demand = 100, tag = 1): ScreenFacts => ({
  ...{ auction_id: bytes(32, tag), avs_id: bytes(32, 9), demand },
  bids: bids.map(([score_bps, capacity, units], index) => ({
    seq: index + 1,
    owner: owner(index + 1),
    score_bps,
    capacity,
    units,
  })),
});
const named = (flags: readonly ScreenFlag[]): string[] => flags.map(({ screen }) => screen);

describe('of one auction', () => {
  it('gives the figures that a calculator gives', () => {
    const screen = screenAuction(
      facts([
        [500, 60, 60],
        [600, 60, 40],
        [700, 60, 0],
        [800, 60, 0],
      ]),
    );
    // Mean 650, σ 111.8; the upper three: mean 700, σ 81.6.
    expect(screen).toMatchObject({ cv_bps: 1720, relative_distance_bps: 12247, hhi: 5200, c4_bps: 10_000 });
    expect(screen.pivotal[0]).toEqual({ owner: owner(1), others_bps: 18_000 });
    expect(named(screen.flags)).toEqual(['concentration']);
  });

  it('flags cover bids around a designated winner', () => {
    const cartel = screenAuction(
      facts([
        [930, 50, 50],
        [1_000, 50, 50],
        [1_002, 50, 0],
        [1_004, 50, 0],
        [1_001, 50, 0],
        [1_003, 50, 0],
      ]),
    );
    expect(named(cartel.flags)).toEqual(['low_variance', 'relative_distance', 'concentration']);
    expect(cartel.flags[1]!.owners).toEqual([owner(1)]);
  });

  it('names owners without whom the demand could not be served', () => {
    const { flags } = screenAuction(
      facts([
        [500, 90, 80],
        [600, 20, 20],
        [900, 30, 0],
      ]),
    );
    expect(
      flags.filter(({ screen }) => screen === 'pivotal_owner').map(({ owners, value }) => [owners, value]),
    ).toEqual([[[owner(1)], 5_000]]);
  });

  it('says nothing of markets too small for it', () => {
    expect(screenAuction(facts([]))).toMatchObject({
      cv_bps: null,
      relative_distance_bps: null,
      hhi: 0,
      c4_bps: 0,
      flags: [],
    });
    expect(
      screenAuction(
        facts([
          [500, 50, 50],
          [500, 50, 50],
        ]),
      ),
    ).toMatchObject({ cv_bps: null, relative_distance_bps: null });
    expect(
      screenAuction(
        facts([
          [500, 50, 50],
          [600, 50, 50],
          [600, 50, 0],
          [600, 50, 0],
        ]),
      ).relative_distance_bps,
    ).toBeNull();
  });

  it('looks at bids that counted, by what they could have won', () => {
    const plans: BidPlan[] = [
      { coprocessor: 1, steps: [[500, 60]] },
      { coprocessor: 2, steps: [[600, 60]], entry: { capacity: 5 } },
      { coprocessor: 3, steps: [] },
    ];
    const { bids, demand } = screenFacts(decideAuction(auctionOf([[50, policyOf()]], plans)));
    expect([demand, bids.map(({ score_bps, capacity, units }) => [score_bps, capacity, units])]).toEqual([
      50,
      [
        [600, 50, 50],
        [700, 5, 0],
      ],
    ]);
  });
});

describe('of a window', () => {
  const random = mulberry32(7);
  const honest = Array.from({ length: 30 }, (_, term) =>
    facts(
      [0, 1, 2, 3].map((index) => [500 + 100 * index + random(150), 60, index < 2 ? 50 : 0]),
      100,
      term,
    ),
  );
  /** Two that take turns at 93 % of what the other asks for. */
  const rotating = Array.from({ length: 30 }, (_, term) => {
    const [a, b] = term % 2 === 0 ? [930, 1_000] : [1_000, 930];
    return facts(
      [
        [a, 100, term % 2 === 0 ? 100 : 0],
        [b, 100, term % 2 === 0 ? 0 : 100],
        [1_400, 100, 0],
      ],
      100,
      term,
    );
  });

  it('finds owners that take turns', () => {
    const [flag] = screenWindow(rotating).flags;
    expect(flag).toMatchObject({ screen: 'win_rotation', owners: [owner(1), owner(2)] });
    expect(named(screenWindow(honest).flags)).not.toContain('win_rotation');
  });

  it('finds who never wins and sets the price', () => {
    const shill = honest.map((term) =>
      facts(
        [
          [500, 100, 100],
          [510, 100, 0],
          [900, 50, 0],
        ],
        100,
        Number(term.auction_id),
      ),
    );
    expect(screenWindow(shill).flags).toMatchObject([{ screen: 'price_setter', owners: [owner(2)], value: 10_000 }]);
  });

  it('links owners by who funded them, and says nothing else of few auctions', () => {
    const funded = new Map([1, 2, 4].map((tag) => [owner(tag), bytes(20, tag < 3 ? 77 : 78)]));
    expect(screenWindow(rotating.slice(0, 9), funded)).toEqual({
      auctions: 9,
      flags: [{ screen: 'linked_owners', owners: [owner(1), owner(2)], value: 2, threshold: 2 }],
    });
  });
});
