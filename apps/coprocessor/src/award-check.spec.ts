import { AwardLeaf, ListTree, REGISTRY_DEPTH, type Hex, type SignedAward, type SignedBid } from '@odf/protocol';
import { AwardRefused, checkAward, pairLeaves, type AwardExpectation, type AwardWithLeaves } from './award-check.js';

const bytes = (digit: string, length = 32): Hex => `0x${digit.repeat(length * 2)}`;
const REWARD = 10n ** 15n;

function leaf(digit: string, change: Partial<AwardLeaf> = {}): AwardLeaf {
  return {
    validator_root: bytes(digit),
    operator: bytes(digit, 20),
    max_liability: 50n,
    fee_wei: REWARD / 10n,
    ...change,
  };
}

function award(leaves: AwardLeaf[], change: Partial<SignedAward['message']> = {}): AwardWithLeaves {
  const root = ListTree.of(
    leaves.map((one) => AwardLeaf.root(one)),
    REGISTRY_DEPTH,
  ).root;
  const message = {
    auction_id: bytes('1'),
    avs_id: bytes('2'),
    role: 0,
    coprocessor: bytes('3', 48),
    line_id: bytes('4'),
    award_root: root,
    units: leaves.length,
    term_start_ms: 1n,
    term_end_ms: 2n,
    ...change,
  };
  return { award: { message, signature: bytes('5', 96) }, leaves };
}

const bid: SignedBid = {
  message: {
    auction_id: bytes('0'),
    avs_id: bytes('2'),
    coprocessor: bytes('3', 48),
    line_id: bytes('4'),
    cover_wei_per_unit: 50n,
    assurance: 0,
    standby: 0,
    steps: [{ fee_share_bps: 1000, units: 3 }],
    valid_until: 9n,
    nonce: 1n,
  },
  signature: bytes('6', 96),
};

const expected: AwardExpectation = {
  auction_id: bytes('1'),
  avs_id: bytes('2'),
  coprocessor: bytes('3', 48),
  lines: new Map([[bytes('4'), 120n]]),
  bids: [bid],
  reward_ref_wei: REWARD,
  isSigned: () => true,
};

describe('checkAward', () => {
  it('accepts what was bid and adds up liability and fees', () => {
    expect(checkAward(award([leaf('a'), leaf('b')]), expected)).toEqual({
      max_liability_wei: 100n,
      fee_wei: REWARD / 5n,
    });
  });

  it.each<[string, AwardWithLeaves, Partial<AwardExpectation>]>([
    ['another root', award([leaf('a')], { award_root: bytes('f') }), {}],
    ['a validator twice', award([leaf('a'), leaf('a')]), {}],
    ['unsorted leaves', award([leaf('b'), leaf('a')]), {}],
    ['fewer leaves than units', award([leaf('a')], { units: 2 }), {}],
    ['no leaves', award([]), {}],
    ['another auction', award([leaf('a')], { auction_id: bytes('9') }), {}],
    ['another coprocessor', award([leaf('a')], { coprocessor: bytes('9', 48) }), {}],
    ['a foreign line', award([leaf('a')], { line_id: bytes('9') }), {}],
    ['a standby role that was not offered', award([leaf('a')], { role: 1 }), {}],
    ['more liability than cover', award([leaf('a', { max_liability: 51n })]), {}],
    ['more liability than the line holds', award([leaf('a'), leaf('b'), leaf('c')]), {}],
    ['a fee below the bid', award([leaf('a', { fee_wei: REWARD / 10n - 1n })]), {}],
    ['more units than bid', award([leaf('a'), leaf('b'), leaf('c'), leaf('d')]), {}],
    ['a wrong signature', award([leaf('a')]), { isSigned: () => false }],
    ['no bid of ours', award([leaf('a')]), { bids: [] }],
  ])('refuses %s', (_what, given, change) => {
    expect(() => checkAward(given, { ...expected, ...change })).toThrow(AwardRefused);
  });
});

describe('pairLeaves', () => {
  it('gives each award its leaves', () => {
    const first = award([leaf('a'), leaf('b')]);
    const second = award([leaf('c')], { role: 1 });
    const answer = { awards: [first.award, second.award], leaves: [...first.leaves, ...second.leaves] };
    expect(pairLeaves(answer)).toEqual([first, second]);
  });

  it('refuses leaves that belong to no award', () => {
    const first = award([leaf('a')]);
    expect(() => pairLeaves({ awards: [first.award], leaves: [leaf('a'), leaf('b')] })).toThrow(AwardRefused);
    expect(() => pairLeaves({ awards: [first.award] })).toThrow(AwardRefused);
  });
});
