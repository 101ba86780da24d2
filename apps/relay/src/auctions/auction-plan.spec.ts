import { auctionId, type Hex } from '@odf/protocol';
import type { AuctionRecord, TaskRecord } from '@odf/persistence';
import fc from 'fast-check';
import { planNextRound, planTaskAuction, planTermAuction, waitsForFirstBid } from './auction-plan.js';

const AVS: Hex = `0x${'a1'.repeat(32)}`;
const TASK: Hex = `0x${'b2'.repeat(32)}`;
const windows = { bidding: 10, term: 100, deliver: 20, commit: 30 };
const NOW = 1_000;

/** The record of an auction whose term is [1000, 1100). */
function auctionOf(members: Partial<AuctionRecord> = {}): AuctionRecord {
  return {
    id: '1',
    auctionId: `0x${'c3'.repeat(32)}`,
    avsId: AVS,
    mode: 'term',
    taskId: null,
    round: 0,
    state: 'running',
    opensAtMs: 990,
    closesAtMs: 1_000,
    termStartMs: 1_000,
    termEndMs: 1_100,
    parameters: {},
    bidCount: 1,
    frozenAtMs: 1_000,
    frozenSignature: null,
    bidsRoot: null,
    memberCount: 0,
    ...members,
  };
}

describe('planTermAuction', () => {
  it('opens the first one at once; its term starts when the bidding closes', () => {
    expect(planTermAuction(AVS, windows, null, NOW)).toEqual({
      avsId: AVS,
      mode: 'term',
      taskId: null,
      round: 0,
      auctionId: auctionId({ avs: AVS, termStartMs: 1_010n, round: 0 }),
      opensAtMs: 1_000,
      closesAtMs: 1_010,
      termStartMs: 1_010,
      termEndMs: 1_110,
    });
  });

  it('opens the next one for the last bidding window of a term, and not a millisecond before', () => {
    expect(planTermAuction(AVS, windows, auctionOf(), 1_089)).toBeNull();
    const next = planTermAuction(AVS, windows, auctionOf(), 1_090);
    expect(next).toMatchObject({ opensAtMs: 1_090, closesAtMs: 1_100, termStartMs: 1_100, termEndMs: 1_200 });
  });

  it('gives a late one its whole bidding window and its whole term', () => {
    const late = planTermAuction(AVS, windows, auctionOf({ state: 'finished' }), 5_000);
    expect(late).toMatchObject({ opensAtMs: 5_000, closesAtMs: 5_010, termStartMs: 5_010, termEndMs: 5_110 });
  });

  it('waits while one is open or frozen, however late', () => {
    for (const state of ['open', 'frozen'] as const) {
      expect(planTermAuction(AVS, windows, auctionOf({ state }), 99_000)).toBeNull();
    }
  });

  it('goes on with the next round after a void one whose relay died before it opened that', () => {
    const stopped = auctionOf({ state: 'void', round: 1 });
    expect(planTermAuction(AVS, windows, stopped, 1_005)).toEqual(planNextRound(stopped, windows, 1_005));
  });

  it('never overlaps two terms, leaves no gap when it is on time, and never names one auction twice', () => {
    const lengths = fc.record({
      bidding: fc.integer({ min: 1, max: 50 }),
      term: fc.integer({ min: 50, max: 500 }),
      late: fc.array(fc.integer({ min: 0, max: 200 }), { minLength: 1, maxLength: 8 }),
    });
    fc.assert(
      fc.property(lengths, ({ bidding, term, late }) => {
        const of = { ...windows, bidding, term };
        let plan = planTermAuction(AVS, of, null, NOW)!;
        const ids = new Set([plan.auctionId]);
        for (const lateMs of late) {
          const newest = auctionOf({ ...plan, state: 'running' });
          const nowMs = plan.termEndMs - bidding + lateMs;
          const next = planTermAuction(AVS, of, newest, nowMs)!;
          expect(next.termStartMs - plan.termEndMs).toBe(lateMs);
          expect(next.closesAtMs - next.opensAtMs).toBe(bidding);
          expect(next.termEndMs - next.termStartMs).toBe(term);
          ids.add(next.auctionId);
          plan = next;
        }
        expect(ids.size).toBe(late.length + 1);
      }),
    );
  });
});

describe('planTaskAuction', () => {
  it('makes the task the term: bidding first, then time to deliver and to commit', () => {
    const task = { avsId: AVS, taskId: TASK } as TaskRecord;
    expect(planTaskAuction(task, windows, NOW)).toEqual({
      avsId: AVS,
      mode: 'task',
      taskId: TASK,
      round: 0,
      auctionId: auctionId({ avs: AVS, termStartMs: 1_010n, round: 0, task: TASK }),
      opensAtMs: 1_000,
      closesAtMs: 1_010,
      termStartMs: 1_010,
      termEndMs: 1_060,
    });
  });
});

describe('planNextRound', () => {
  it('bids again at once for the same term start, and still serves a whole term', () => {
    const next = planNextRound(auctionOf({ state: 'void', round: 1 }), windows, 1_015);
    expect(next).toEqual({
      avsId: AVS,
      mode: 'term',
      taskId: null,
      round: 2,
      auctionId: auctionId({ avs: AVS, termStartMs: 1_000n, round: 2 }),
      opensAtMs: 1_015,
      closesAtMs: 1_025,
      termStartMs: 1_000,
      termEndMs: 1_125,
    });
  });

  it('keeps the task of a task auction', () => {
    const next = planNextRound(auctionOf({ mode: 'task', taskId: TASK }), windows, 1_000);
    expect(next).toMatchObject({ mode: 'task', taskId: TASK, round: 1, closesAtMs: 1_010, termEndMs: 1_060 });
  });
});

it('waits for a first bid after three rounds without one', () => {
  expect([0, 1, 2, 3, 4].map((round) => waitsForFirstBid({ round }))).toEqual([false, false, false, true, true]);
});
