import { FOLD_DELAY_MS, ONE, type AuctionDecision } from '@odf/market';
import { ReputationRepository, ReputationScoresRepository } from '@odf/persistence';
import { OdfError, type Hex } from '@odf/protocol';
import { ManualClock } from '@odf/telemetry';
import { createTestDatabase, type TestDatabase } from '@odf/testing';
import { pino } from 'pino';
import type { AwardsService } from '../awards/awards.service.js';
import { ReputationFold } from './reputation-fold.js';
import { ReputationScoresService } from './reputation-scores.service.js';
import { ReputationService, type ReputationKind } from './reputation.service.js';

const DAY_MS = 86_400_000;
const bytes = (length: number, tag: number): Hex => `0x${tag.toString(16).padStart(length * 2, '0')}`;
const [AUCTION, AVS, OWNER, KEY] = [bytes(32, 1), bytes(32, 2), bytes(20, 3), bytes(48, 4)];

/** An award over ten validators with 320 ETH between them. */
const decision = {
  inputs: {
    members: Array.from({ length: 10 }, (_, index) => ({ validator_root: bytes(32, index), class_index: 0 })),
    classes: [{ policy: { slashable_wei: 0n } }],
  },
  awards: [
    {
      ...{ coprocessor: KEY, role: 0 },
      leaves: Array.from({ length: 10 }, (_, index) => ({
        validator_root: bytes(32, index),
        operator: bytes(20, index),
      })),
    },
  ],
} as unknown as AuctionDecision;

describe('folding reputations', () => {
  let database: TestDatabase;
  let clock: ManualClock;
  let events: ReputationRepository;
  let make: () => { reputation: ReputationService; scores: ReputationScoresService; fold: ReputationFold };
  let task = 0;

  beforeEach(async () => {
    database = await createTestDatabase();
    const dataSource = await database.connect();
    clock = new ManualClock();
    clock.advance(DAY_MS - (clock.nowMs() % DAY_MS));
    events = new ReputationRepository(dataSource);
    const stored = new ReputationScoresRepository(dataSource);
    const awards = { decisionOf: async () => decision } as unknown as AwardsService;
    make = () => {
      const fold = new ReputationFold(dataSource, events, stored, awards, clock, pino({ level: 'silent' }));
      return {
        fold,
        reputation: new ReputationService(events, clock),
        scores: new ReputationScoresService(stored, fold, clock),
      };
    };
  });
  afterEach(() => database.drop());

  const happen = (kind: ReputationKind) =>
    make().reputation.record({
      ...{ coprocessor: KEY, owner: OWNER, avs_id: AVS, task_id: bytes(32, ++task), kind },
      ...{ attribution: 'coprocessor', evidence: { auction_id: AUCTION, role: '0' }, at_ms: clock.nowMs() },
    });
  const nextDay = () => clock.advance(DAY_MS);
  const liveOf = async () => {
    const { live_r, live_s } = (await make().scores.current([OWNER]))(OWNER);
    return [live_r, live_s];
  };

  it('counts a day once it is over and its last events are durable, not before', async () => {
    await happen('delivered');
    expect(await liveOf()).toEqual([0n, 0n]);
    clock.advance(DAY_MS + Number(FOLD_DELAY_MS) - 1);
    expect(await liveOf()).toEqual([0n, 0n]);
    clock.advance(1);
    expect(await liveOf()).toEqual([ONE, 0n]);
  });

  it('catches up with days that nobody folded, in turn, whoever asks first, and once', async () => {
    await happen('delivered');
    nextDay();
    await happen('withheld');
    for (let day = 0; day < 30; day++) nextDay();
    clock.advance(Number(FOLD_DELAY_MS));
    const both = await Promise.all([liveOf(), liveOf(), make().fold.pass()]);
    expect(both[0]).toEqual(both[1]);
    const [good, bad] = both[0] as [bigint, bigint];
    expect([Number(good) / 1e9, Number(bad) / 1e9].map((one) => Math.round(one * 100))).toEqual([50, 154]);
  });

  it('forgets nobody who did nothing, and owes nothing to whom it never saw', async () => {
    await happen('delivered');
    nextDay();
    nextDay();
    clock.advance(Number(FOLD_DELAY_MS));
    const of = await make().scores.current([OWNER, bytes(20, 9)]);
    expect([of(OWNER).live_r < ONE, of(bytes(20, 9)).live_r]).toEqual([true, 0n]);
  });

  it('folds anew whom a correction absolves, and only from its day on', async () => {
    await happen('withheld');
    nextDay();
    clock.advance(Number(FOLD_DELAY_MS));
    expect(await liveOf()).toEqual([0n, 3n * ONE]);
    const [event] = await events.between(0, clock.nowMs());
    await make().reputation.correct({ event_id: event!.id, attribution: 'relay', reason: 'the relay was down' });
    expect(await liveOf()).toEqual([0n, 3n * ONE]);
    nextDay();
    expect(await liveOf()).toEqual([0n, 0n]);
    const [, correction] = await events.between(0, clock.nowMs());
    for (const id of [correction!.id, '77', 'x'])
      await expect(
        make().reputation.correct({ event_id: id, attribution: 'avs', reason: 'once more' }),
      ).rejects.toThrow(OdfError);
  });
});
