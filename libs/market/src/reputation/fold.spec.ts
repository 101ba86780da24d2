import fc from 'fast-check';
import type { Hex } from '@odf/protocol';
import { bytes } from '../../test/auction.fixture.js';
import { ONE } from './bounds.js';
import { creditWei } from './credit.js';
import { dayOf, foldEvents, foldEventsOfDay, type ReputationEvent, type StakesOf } from './events.js';
import { foldDay, NO_RECORD, scoreOf, type ReputationState } from './fold.js';
import { incrementOf, weightOf, type Observed, type ObservedKind } from './observation.js';
import { cappedSum } from './wash-cap.js';

const ETHER = 10n ** 18n;
const AVS = bytes(32, 0xa5);
const observed = (kind: ObservedKind, stakeEther = 320n, avs_id = AVS): Observed => ({
  ...{ avs_id, kind },
  stakes: new Map([[bytes(20, 1), stakeEther * ETHER]]),
});
const total = (shares: ReadonlyMap<Hex, bigint>): bigint => [...shares.values()].reduce((sum, one) => sum + one, 0n);

/** Sixty days, of which the last is as told. */
function days(count: number, kindOfLast: ObservedKind = 'delivered', stakeEther = 320n): ReputationState {
  let state = NO_RECORD;
  for (let day = 1; day <= count; day++) {
    state = foldDay(state, incrementOf([observed(day === count ? kindOfLast : 'delivered', stakeEther)], 0));
  }
  return state;
}

function idle(state: ReputationState, count: number): ReputationState {
  let later = state;
  for (let day = 0; day < count; day++) later = foldDay(later, incrementOf([], 0));
  return later;
}

describe('the records of MARKET.md', () => {
  it.each<[string, () => ReputationState, bigint, bigint]>([
    ['newcomer', () => NO_RECORD, 0n, 0n],
    ['10 daily on time', () => days(10), 9032363768n, 0n],
    ['60 daily', () => days(60), 32837082116n, 0n],
    ['60 daily, w = 4', () => days(60, 'delivered', 5120n), 131348328507n, 0n],
    ['60, last withheld', () => days(60, 'withheld'), 31837082116n, 3000000000n],
    ['60, last invalid', () => days(60, 'invalid'), 31837082116n, 5000000000n],
    ['60, last late', () => days(60, 'late'), 32137082116n, 700000000n],
    ['60, then 30 idle days', () => idle(days(60), 30), 16418540828n, 0n],
    ['60, then 90 idle', () => idle(days(60), 90), 4104635084n, 0n],
  ])('live: %s', (_, stateOf, r, s) => {
    const { live_r, live_s } = stateOf();
    expect([total(live_r), live_s]).toEqual([r, s]);
  });

  it('safe: 60 clean, then slashed', () => {
    const clean = days(60);
    expect([total(clean.safe_r), clean.safe_s]).toEqual([53676116632n, 0n]);
    const slashed = incrementOf([], 1);
    expect([total(slashed.safe_r), slashed.safe_s, slashed.live_s]).toEqual([0n, 25000000000n, 0n]);
  });
});

describe('weights', () => {
  it.each([
    [0n, 0n],
    [32n, 316227766n],
    [320n, ONE],
    [3200n, 3162277660n],
    [5120n, 4n * ONE],
    [10n ** 6n, 4n * ONE],
  ])('of %s ETH', (ether, weight) => expect(weightOf(ether * ETHER)).toBe(weight));

  it('counts an AVS and day once, however many tasks there were, and each AVS for itself', () => {
    const once = incrementOf([observed('delivered')], 0);
    expect(incrementOf([observed('delivered'), observed('delivered')], 0)).toEqual(once);
    expect(total(incrementOf([observed('delivered'), observed('delivered', 320n, bytes(32, 1))], 0).live_r)).toBe(
      2n * ONE,
    );
    const half = incrementOf([observed('delivered'), observed('withheld')], 0);
    expect([total(half.live_r), half.live_s]).toEqual([ONE / 2n, (3n * ONE) / 2n]);
  });

  it('says nothing where nothing was at stake', () => {
    expect(incrementOf([observed('withheld', 0n)], 0)).toEqual(incrementOf([], 0));
  });
});

describe('the wash cap', () => {
  const ones = (count: number): bigint[] => Array.from({ length: count }, () => ONE);

  it.each<[string, bigint[], bigint]>([
    ['nobody', [], 0n],
    ['one of 40 and nine of 1', [40n * ONE, ...ones(9)], 10n * ONE],
    ['three of 15', [15n * ONE, 15n * ONE, 15n * ONE], 3n * ONE],
    ['forty of 1', ones(40), 40n * ONE],
    ['one of less than one', [ONE / 2n], ONE / 2n],
  ])('%s', (_, parts, counted) => expect(cappedSum(parts, ONE)).toBe(counted));

  it('counts no more than there is, lets nobody supply more than a tenth, and never less for more', () => {
    const parts = fc.array(fc.bigInt(0n, 10n ** 12n), { maxLength: 40 });
    fc.assert(
      fc.property(parts, fc.bigInt(0n, 10n ** 10n), fc.bigInt(0n, 10n ** 12n), (given, floor, more) => {
        const counted = cappedSum(given, floor);
        const limit = counted / 10n > floor ? counted / 10n : floor;
        expect(counted <= given.reduce((sum, part) => sum + part, 0n)).toBe(true);
        const largest = given.reduce((most, part) => (part > most ? part : most), 0n);
        // The fixpoint: capping at a tenth of what counts changes nothing, but for the rounding of that tenth.
        if (largest > limit) {
          const again = given.reduce((sum, part) => sum + (part < limit ? part : limit), 0n);
          expect(again - counted <= 10n && counted - again <= 10n).toBe(true);
        }
        expect(cappedSum([...given, more], floor) >= counted).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('credit', () => {
  const from = (count: number, wei: bigint): Map<Hex, bigint> =>
    new Map(Array.from({ length: count }, (_, index) => [bytes(20, index + 1), wei]));

  it('is nothing for few payers, and a half after 30 days for many', () => {
    expect(creditWei([{ day: 5, fees: from(9, ETHER) }], 5)).toBe(0n);
    expect(creditWei([{ day: 5, fees: from(20, ETHER) }], 5)).toBe(20n * ETHER);
    const later = creditWei([{ day: 5, fees: from(20, ETHER) }], 35);
    expect(Number(later) / Number(20n * ETHER)).toBeCloseTo(0.5, 6);
    expect(creditWei([], 35)).toBe(0n);
  });

  it('does not grow by what one operator pays to itself', () => {
    const fees = new Map([...from(20, ETHER), [bytes(20, 99), 1_000n * ETHER]]);
    expect(creditWei([{ day: 5, fees }], 5)).toBeLessThan(23n * ETHER);
  });
});

const DAY_MS = 86_400_000n;
const stakesOf: StakesOf = (auction) =>
  new Map([
    [bytes(20, 1), 64n * ETHER],
    [bytes(20, Number(BigInt(auction) % 5n) + 2), 320n * ETHER],
  ]);

const kinds = ['delivered', 'late', 'withheld', 'invalid', 'response_slashed', 'outcome_accepted'] as const;
const events: fc.Arbitrary<ReputationEvent[]> = fc
  .array(
    fc.record({
      day: fc.integer({ min: 100, max: 112 }),
      kind: fc.constantFrom(...kinds),
      attribution: fc.constantFrom('coprocessor' as const, 'relay' as const),
      auction: fc.integer({ min: 1, max: 9 }),
      corrects: fc.option(fc.nat(), { freq: 6 }),
    }),
    { maxLength: 30 },
  )
  .map((given) =>
    given.map(({ day, kind, attribution, auction, corrects }, index): ReputationEvent => {
      const evidence = { auction_id: bytes(32, auction), role: '0' };
      const about = { coprocessor: bytes(48, 1), owner: bytes(20, 7), avs_id: AVS, task_id: bytes(32, index) };
      const at_ms = BigInt(day) * DAY_MS + 5n;
      const earlier = given.findIndex((one) => one.corrects === null && one.day <= day);
      if (corrects === null || earlier < 0) return { id: `${index}`, ...about, kind, attribution, evidence, at_ms };
      const correction = { corrects: `${earlier}`, attribution: 'infrastructure', reason: 'a power cut' };
      return { id: `${index}`, ...about, kind: 'correction', attribution: 'nobody', evidence: correction, at_ms };
    }),
  );

describe('folding events', () => {
  it('gives the same in any order of a day, and day by day', () => {
    fc.assert(
      fc.property(events, fc.integer({ min: 100, max: 130 }), (given, through) => {
        const whole = foldEvents(given, stakesOf, through);
        expect(foldEvents([...given].reverse(), stakesOf, through)).toEqual(whole);
        if (given.some(({ kind }) => kind === 'correction')) return;
        let state = NO_RECORD;
        for (let day = 100; day <= through; day++) {
          const own = given.filter(({ at_ms }) => dayOf(at_ms) === day);
          state = foldEventsOfDay(state, own, stakesOf);
        }
        expect(scoreOf(state)).toEqual(scoreOf(whole));
        expect(
          scoreOf(
            foldEvents(
              given.filter(({ at_ms }) => dayOf(at_ms) <= through),
              stakesOf,
              through,
            ),
          ),
        ).toEqual(scoreOf(whole));
      }),
      { numRuns: 300 },
    );
  });

  it('lets a correction count from its day on, as if the fault had always been another’s', () => {
    const base = { coprocessor: bytes(48, 1), owner: bytes(20, 7), avs_id: AVS, task_id: bytes(32, 1) };
    const fault: ReputationEvent = {
      ...{ id: '1', ...base, kind: 'withheld', attribution: 'coprocessor' },
      ...{ evidence: { auction_id: bytes(32, 1), role: '0' }, at_ms: 100n * DAY_MS },
    };
    const correction: ReputationEvent = {
      ...{ id: '2', ...base, kind: 'correction', attribution: 'nobody', at_ms: 103n * DAY_MS },
      evidence: { corrects: '1', attribution: 'relay', reason: 'the relay was down' },
    };
    const at = (day: number): bigint => scoreOf(foldEvents([fault, correction], stakesOf, day)).live_s;
    expect(at(100)).toBe(3n * weightOf(384n * ETHER));
    expect(at(102) > 0n).toBe(true);
    expect(at(103)).toBe(0n);
  });

  it('refuses evidence that does not say which award it is about', () => {
    const bad = { id: '4', kind: 'withheld', attribution: 'coprocessor', evidence: {}, at_ms: 5n } as ReputationEvent;
    expect(() => foldEvents([bad], stakesOf, 9)).toThrow('reputation event 4: evidence.auction_id');
  });
});
