import { OdfError, zeroHex, type Bid } from '@odf/protocol';
import { testCoprocessor } from '@odf/testing';
import { bidBy } from '../../test/instance.js';
import { assertBidder, assertBidShape, isCancellation, isStanding } from './bids.rules.js';

const NOW = 1_000_500;
const ZK = 1;
const bidOf = (members: Partial<Bid>): Bid => bidBy(1, { avs_id: zeroHex(32), ...members }).bid.message;

function codeOf(work: () => void): string {
  try {
    work();
    return 'accepted';
  } catch (error) {
    if (error instanceof OdfError) return error.code;
    throw error;
  }
}

const step = (fee_share_bps: number, units = 1) => ({ fee_share_bps, units });

describe('assertBidShape', () => {
  it.each<[string, Partial<Bid>, string]>([
    ['four rising steps up to the whole reward', { steps: [0, 1, 9_999, 10_000].map((bps) => step(bps)) }, 'accepted'],
    ['no steps: a cancellation', { steps: [] }, 'accepted'],
    ['the largest number of units', { steps: [step(1, 2 ** 32 - 1)] }, 'accepted'],
    ['a step of no units', { steps: [step(1), step(2, 0)] }, 'BID_STEPS_INVALID'],
    ['equal steps', { steps: [step(5), step(5)] }, 'BID_STEPS_INVALID'],
    ['falling steps', { steps: [step(5), step(6), step(4)] }, 'BID_STEPS_INVALID'],
    ['more than the whole reward', { steps: [step(10_001)] }, 'BID_STEPS_INVALID'],
    ['an assurance that the AVS checks', { assurance: ZK }, 'accepted'],
    ['one that it does not check', { assurance: 2 }, 'BID_ASSURANCE_UNSUPPORTED'],
    ['one of both that it does not check', { assurance: 3 }, 'BID_ASSURANCE_UNSUPPORTED'],
    ['bits without a meaning', { assurance: 4 }, 'BID_FLAGS_INVALID'],
    ['standing by', { standby: 1 }, 'accepted'],
    ['a standby that is no flag', { standby: 2 }, 'BID_FLAGS_INVALID'],
    ['the second that has begun', { valid_until: 1_000n }, 'BID_EXPIRED'],
    ['the second after it', { valid_until: 1_001n }, 'accepted'],
    ['a validity without end', { valid_until: 2n ** 64n - 1n }, 'accepted'],
  ])('judges %s', (_, members, verdict) => {
    expect(codeOf(() => assertBidShape(bidOf(members), NOW, ZK))).toBe(verdict);
  });
});

describe('assertBidder', () => {
  const registered = { ...testCoprocessor(1), bonded: true, suspended: false, revoked: false };

  it.each([
    ['a bonded coprocessor', registered, 'accepted'],
    ['a stranger', null, 'BID_COPROCESSOR_UNREGISTERED'],
    ['one without a bond', { ...registered, bonded: false }, 'BID_COPROCESSOR_UNREGISTERED'],
    ['a revoked one', { ...registered, revoked: true }, 'BID_COPROCESSOR_UNREGISTERED'],
    ['a suspended one', { ...registered, suspended: true }, 'BID_COPROCESSOR_SUSPENDED'],
  ])('judges %s', (_, bidder, verdict) => {
    expect(codeOf(() => assertBidder(bidder))).toBe(verdict);
  });
});

it('knows a standing bid by its zero auction and a cancellation by its missing steps', () => {
  expect([isStanding(bidOf({})), isStanding(bidOf({ auction_id: `0x01${'00'.repeat(31)}` }))]).toEqual([true, false]);
  expect([isCancellation(bidOf({ steps: [] })), isCancellation(bidOf({}))]).toEqual([true, false]);
});
