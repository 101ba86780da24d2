import { MemoryLiveStore } from '@odf/live-store';
import {
  AwardsRepository,
  ClaimsRepository,
  ClaimTransactionsRepository,
  EventsRepository,
  inTransaction,
  JobsRepository,
  QuarantinesRepository,
  SlashesRepository,
  TransactionsRepository,
  type QueryRunnerLike,
  type NewClaim,
} from '@odf/persistence';
import { ClaimEvidence, type ClaimState, type Hex } from '@odf/protocol';
import { ClaimRefusal, newTransaction, type Intent, type MirrorStates } from '@odf/settlement';
import { ManualClock } from '@odf/telemetry';
import { createTestDatabase, type TestDatabase } from '@odf/testing';
import { pino } from 'pino';
import type { DataSource } from 'typeorm';
import { z } from 'zod';
import type { ChainTime } from '../core/chain-time.js';
import type { RelayChain } from '../core/relay-chain.js';
import type { RelayFiler } from '../core/relay-filer.js';
import { EventsService } from '../events/events.service.js';
import { RelayMetrics } from '../relay.metrics.js';
import { QuarantinesService } from '../reputation/quarantines.service.js';
import { AnchorStep } from './anchor-step.js';
import { ClaimFollower } from './claim-follower.js';
import { ClaimOutbox } from './claim-outbox.js';
import { ClaimRecord } from './claim-record.js';
import { ClaimViews } from './claim-views.js';
import { FILING_WINDOW_MS, REFILING_WINDOW_MS, subjectOf } from './claims.rules.js';
import { FileStep } from './file-step.js';
import { FinaliseStep } from './finalise-step.js';
import { SlashRelease } from './slash-release.js';

jest.setTimeout(60_000);

const bytes = (length: number, n: number): Hex => `0x${n.toString(16).padStart(length * 2, '0')}`;
const [claimId, taskId, avsId, lineId, transaction] = [1, 2, 3, 4, 5].map((n) => bytes(32, n)) as [
  Hex,
  Hex,
  Hex,
  Hex,
  Hex,
];
const [operator, owner, oracle, claimsContract] = [6, 7, 8, 9].map((n) => bytes(20, n)) as [Hex, Hex, Hex, Hex];
const place = { transaction, logIndex: 1, lineId };
const subject = subjectOf({ lineId, blockNumber: 77n });
const SLASHED_MS = 1_000_000_000;
const LIABILITY = 100n;
const call = (to: Hex, number: number) => ({
  to,
  data: `0xaabbccdd${number.toString(16).padStart(64, '0')}` as Hex,
  value: 0n,
});

const signature = bytes(96, 1);
const evidence: ClaimEvidence = {
  ...{
    version: 'odf/1',
    chain_id: 1n,
    settlement: bytes(20, 1),
    relay: bytes(48, 1),
    coprocessor: bytes(48, 2),
    operator,
  },
  attestation: {
    message: {
      ...{
        line_id: lineId,
        auction_id: bytes(32, 10),
        task_id: taskId,
        award_root: bytes(32, 12),
        input_root: bytes(32, 0),
      },
      ...{ result_root: bytes(32, 0), witness_root: bytes(32, 0), response_digest: bytes(32, 13), salt: bytes(32, 0) },
      ...{ issued_at_ms: 1n, expires_at_ms: 2n, seq: 1n },
    },
    signature,
  },
  award: {
    award: {
      message: {
        ...{ auction_id: bytes(32, 10), avs_id: avsId, role: 0, coprocessor: bytes(48, 2), line_id: lineId },
        ...{ award_root: bytes(32, 12), units: 1, term_start_ms: 1n, term_end_ms: 2n },
      },
      signature,
    },
    leaf: { validator_root: bytes(32, 14), operator, max_liability: LIABILITY, fee_wei: 1n },
    index: 0,
    branch: Array.from({ length: 21 }, () => bytes(32, 0)),
  },
  slash: { transaction, log_index: 1 },
};

describe('the steps of a claim', () => {
  const clock = new ManualClock();
  let database: TestDatabase;
  let dataSource: DataSource;
  let claims: ClaimsRepository;
  let slashes: SlashesRepository;
  let quarantines: QuarantinesService;
  let sent: TransactionsRepository;
  let [anchor, file, finalise]: [AnchorStep, FileStep, FinaliseStep] = [] as never;
  let follower: ClaimFollower;
  let release: SlashRelease;
  /** What the chain says. */
  let chain: {
    nowMs: number;
    pausedMs: number;
    isAnchored: boolean;
    refusal: ClaimRefusal | null;
    filed: { state: string; finalisable_at_ms: number } | null;
    mirrored: MirrorStates['claim'] | null;
  };

  beforeEach(async () => {
    database = await createTestDatabase();
    dataSource = await database.connect();
    chain = { nowMs: SLASHED_MS, pausedMs: 0, isAnchored: true, refusal: null, filed: null, mirrored: null };
    const refuse = () => {
      if (chain.refusal) throw chain.refusal;
    };
    claims = new ClaimsRepository(dataSource);
    slashes = new SlashesRepository(dataSource);
    sent = new TransactionsRepository(dataSource);
    const lane = { chainId: 1n, account: bytes(20, 99) };
    const filer = {
      outbox: {
        enqueue: (intent: Intent, runner?: QueryRunnerLike) =>
          sent.insert(newTransaction(intent, lane, clock.nowMs()), runner),
      },
      deskOf: async () => ({
        prepare: async () => (refuse(), { claim_id: claimId, amount_wei: 1n, call: call(claimsContract, 1) }),
        isAnchored: async () => chain.isAnchored,
        anchor: async () => (refuse(), call(oracle, 77)),
        stateOf: async () => chain.filed,
        judge: () => Promise.reject(new Error('not asked')),
      }),
      finalise: () => call(claimsContract, 2),
    } as unknown as RelayFiler;
    const time = { nowMs: async () => chain.nowMs, pausedMsSince: async () => chain.pausedMs } as unknown as ChainTime;
    const mirror = async () => {
      const { mirrored: state } = chain;
      return state ? [{ id: claimId, block_number: 1n, confirmed: state, head: state }] : [];
    };
    const relayChain = { reader: { some: mirror, all: mirror } } as unknown as RelayChain;
    const jobs = new JobsRepository();
    const transactions = new ClaimTransactionsRepository(dataSource);
    const outbox = new ClaimOutbox(transactions, filer);
    const views = new ClaimViews(transactions);
    const liveStore = new MemoryLiveStore(clock, () => undefined);
    const events = new EventsService(new EventsRepository(dataSource), liveStore, dataSource, clock);
    const log = pino({ level: 'silent' });
    quarantines = new QuarantinesService(new QuarantinesRepository(dataSource), clock);
    const record = new ClaimRecord(dataSource, claims, slashes, quarantines, events, views, clock);
    anchor = new AnchorStep(dataSource, slashes, outbox, new RelayMetrics(), filer, log);
    file = new FileStep(dataSource, claims, slashes, jobs, outbox, events, views, filer);
    finalise = new FinaliseStep(dataSource, claims, outbox, time, filer);
    follower = new ClaimFollower(dataSource, claims, record, jobs, time, relayChain, log);
    release = new SlashRelease(dataSource, slashes, claims, time, relayChain, clock);
    await slashes.insert(dataSource, {
      ...{ ...place, operator, taskId, avsId, blockNumber: 77n, slashedAtMs: SLASHED_MS },
      ...{ liabilityWei: LIABILITY, reservedUntilMs: 0 },
    });
  });
  afterEach(() => database.drop());

  const takeClaim = async () => {
    const facts = { task_id: taskId, auction_id: bytes(32, 10), avs_id: avsId, validator: bytes(48, 1), operator };
    const claim: NewClaim = {
      ...{ claim_id: claimId, ...facts, coprocessor: bytes(48, 2), line_id: lineId, attestation_root: bytes(32, 11) },
      ...{
        slash_tx: transaction,
        log_index: 1,
        slash_block: 77n,
        slashed_at_ms: BigInt(SLASHED_MS),
        evidence: JSON.stringify(z.encode(ClaimEvidence, evidence)),
      },
      ...{ asked_wei: 5n, requested_at_ms: 1n },
    };
    await inTransaction(dataSource, async (runner) => {
      await claims.insert(runner, claim);
      await quarantines.begin(runner, { owner, coprocessor: bytes(48, 2), taskId, operator });
      await quarantines.hold(runner, { taskId, operator });
    });
  };
  const stateOf = async (): Promise<[ClaimState, string | null]> => {
    const { state, reason } = (await claims.find(claimId))!;
    return [state, reason];
  };
  const keys = async () =>
    (await dataSource.query<{ key: string }[]>('select key from chain_transactions order by id')).map(({ key }) => key);
  const become = (state: string, reason: string | null = null) =>
    dataSource.query('update chain_transactions set state = $1, reason = $2', [state, reason]);
  const held = async () => (await new AwardsRepository(dataSource).reservedWei([lineId], 1)).get(lineId) ?? 0n;
  const waiting = async () =>
    (await dataSource.query<{ task: string }[]>('select task_identifier as task from graphile_worker.jobs')).map(
      ({ task }) => task,
    );
  const onChain = (members: Partial<MirrorStates['claim']> = {}): MirrorStates['claim'] => ({
    ...{ standing: 'filed', line_id: lineId, operator, task_id: taskId, amount: 9n, paid: 0n, restored: 0n },
    ...{ finalisable_at: BigInt(SLASHED_MS / 1_000 + 700), reason: null, steps: [] },
    ...members,
  });
  const step = (standing: MirrorStates['claim']['steps'][number]['standing']) => ({
    ...({ standing, at: BigInt(SLASHED_MS / 1_000), transaction, block_number: 1n } as const),
  });

  it('anchor a slash that is not anchored yet, once for as long as the transaction is under way', async () => {
    chain.isAnchored = false;
    expect([await anchor.run(subject), await anchor.run(subject)]).toEqual([1_000, 1_000]);
    expect(await keys()).toEqual([`claims/anchor/${oracle}/77/0`]);
    await become('failed');
    await anchor.run(subject);
    expect(await keys()).toEqual([0, 1].map((attempt) => `claims/anchor/${oracle}/77/${attempt}`));
    await become('final');
    chain.isAnchored = true;
    expect(await anchor.run(subject)).toBeNull();
    expect(await slashes.find(place)).toMatchObject({ anchor: 'done' });
    expect(await slashes.oldestUnanchoredMs()).toBeNull();
  });

  it('share one anchor among all slashes of a block', async () => {
    chain.isAnchored = false;
    const second = { ...place, transaction: bytes(32, 50) };
    await slashes.insert(dataSource, { ...(await slashes.find(place))!, ...second });
    await anchor.run(subject);
    await become('final');
    chain.isAnchored = true;
    expect(await anchor.run(subject)).toBeNull();
    expect([await keys(), (await slashes.find(second))!.anchor]).toEqual([[`claims/anchor/${oracle}/77/0`], 'done']);
  });

  it('give a slash up whose block the chain has forgotten, and wait for one that is not deep enough', async () => {
    chain.isAnchored = false;
    chain.refusal = new ClaimRefusal('unconfirmed', 'wait');
    expect(await anchor.run(subject)).toBe(1_000);
    chain.refusal = new ClaimRefusal('refused', 'forgotten');
    expect(await anchor.run(subject)).toBeNull();
    expect(await slashes.find(place)).toMatchObject({ anchor: 'missed' });
  });

  it('file a claim once, and again if the chain reverted it', async () => {
    await takeClaim();
    for (let round = 0; round < 2; round++) expect(await file.run(claimId)).toBeNull();
    expect(await keys()).toEqual([`claims/file/${claimId}/0`]);
    await follower.follow(chain.nowMs);
    expect(await waiting()).toEqual([]);
    await become('failed', 'NotAnchored');
    for (let round = 0; round < 2; round++) await follower.follow(chain.nowMs);
    expect(await waiting()).toEqual(['claims.file']);
    await file.run(claimId);
    expect(await keys()).toEqual([0, 1].map((attempt) => `claims/file/${claimId}/${attempt}`));
    expect(await stateOf()).toEqual(['queued', null]);
  });

  it('keep a claim queued that the chain refuses for now, and fail it when its time is over by the chain', async () => {
    await takeClaim();
    chain.refusal = new ClaimRefusal('refused', 'filings are paused');
    expect(await file.run(claimId)).toBe(30_000);
    expect(await stateOf()).toEqual(['queued', 'filings are paused']);
    chain.pausedMs = 5_000;
    await follower.follow(SLASHED_MS + FILING_WINDOW_MS + 4_999);
    expect(await stateOf()).toEqual(['queued', 'filings are paused']);
    await follower.follow(SLASHED_MS + FILING_WINDOW_MS + 5_000);
    expect(await stateOf()).toEqual(['failed', 'filings are paused']);
    expect(await file.run(claimId)).toBeNull();
  });

  it('have a slash anchored first, and anew if a reorganisation moved it', async () => {
    await takeClaim();
    chain.refusal = new ClaimRefusal('unanchored', 'not anchored');
    expect(await file.run(claimId)).toBe(1_000);
    await slashes.moveAnchor(dataSource, { lineId, blockNumber: 77n }, 'wanted', 'done');
    expect(await file.run(claimId)).toBe(1_000);
    expect([await waiting(), (await slashes.find(place))!.anchor]).toEqual([['claims.anchor'], 'wanted']);
  });

  it('follow the contract, whoever files, and pay once by the time of the chain', async () => {
    await takeClaim();
    chain.mirrored = onChain();
    await follower.follow(SLASHED_MS + 699_999);
    expect([await stateOf(), await waiting()]).toEqual([['filed', null], []]);
    await follower.follow(SLASHED_MS + 700_000);
    expect(await waiting()).toEqual(['claims.finalise']);
    chain.filed = { state: 'filed', finalisable_at_ms: SLASHED_MS + 700_000 };
    chain.nowMs = SLASHED_MS + 699_000;
    expect(await finalise.run(claimId)).toBe(1_000);
    chain.nowMs = SLASHED_MS + 700_000;
    for (let round = 0; round < 2; round++) expect(await finalise.run(claimId)).toBeNull();
    expect(await keys()).toEqual([`claims/finalise/${claimId}/0`]);
  });

  it('end the hold and the quarantine with the claim', async () => {
    await takeClaim();
    expect([await held(), await quarantines.has(owner)]).toEqual([LIABILITY, true]);
    chain.mirrored = onChain({ standing: 'finalised', paid: 9n });
    await follower.follow(chain.nowMs);
    expect(await claims.find(claimId)).toMatchObject({ state: 'finalised', paid_wei: 9n });
    expect(await held()).toBe(0n);
    clock.advance(30 * 86_400_000);
    expect(await quarantines.has(owner)).toBe(false);
    const events = await dataSource.query<{ data: string }[]>('select data from events');
    expect(events.map(({ data }) => (JSON.parse(data) as { state: string }).state)).toEqual(['finalised']);
  });

  it('file a claim once more after its first veto, and take the second for the last word', async () => {
    await takeClaim();
    await file.run(claimId);
    const vetoed = [step('filed'), step('vetoed')];
    chain.mirrored = onChain({ standing: 'vetoed', steps: vetoed });
    chain.filed = { state: 'vetoed', finalisable_at_ms: 0 };
    await follower.follow(chain.nowMs);
    expect([(await stateOf())[0], await waiting()]).toEqual(['vetoed', []]);
    await become('final');
    for (let round = 0; round < 2; round++) await follower.follow(chain.nowMs);
    expect(await waiting()).toEqual(['claims.file']);
    for (let round = 0; round < 2; round++) expect(await file.run(claimId)).toBeNull();
    expect(await keys()).toEqual([0, 1].map((attempt) => `claims/file/${claimId}/${attempt}`));
    await become('final');
    chain.filed = { state: 'filed', finalisable_at_ms: 0 };
    expect([await file.run(claimId), (await keys()).length]).toEqual([null, 2]);
    chain.mirrored = onChain({ standing: 'vetoed', steps: [...vetoed, ...vetoed] });
    await follower.follow(chain.nowMs);
    expect([(await stateOf())[0], await file.run(claimId), (await keys()).length]).toEqual(['rejected', null, 2]);
    expect(await held()).toBe(0n);
  });

  it('give a vetoed claim up that could not be filed again in time, by the chain and its pauses', async () => {
    await takeClaim();
    chain.mirrored = onChain({ standing: 'vetoed', steps: [step('filed'), step('vetoed')] });
    chain.pausedMs = 5_000;
    await follower.follow(SLASHED_MS + REFILING_WINDOW_MS + 4_999);
    expect((await stateOf())[0]).toBe('vetoed');
    await follower.follow(SLASHED_MS + REFILING_WINDOW_MS + 5_000);
    expect((await stateOf())[0]).toBe('failed');
  });

  it('take a claim back that a reorganisation took away, and file it if somebody else had', async () => {
    await takeClaim();
    chain.mirrored = onChain();
    await follower.follow(chain.nowMs);
    chain.mirrored = null;
    await follower.follow(chain.nowMs);
    expect([await stateOf(), await waiting()]).toEqual([['queued', null], ['claims.file']]);
  });

  it('let go of cover when nobody can claim any more, and not while anybody has', async () => {
    const lapsesMs = SLASHED_MS + FILING_WINDOW_MS + 1;
    chain.mirrored = onChain({ standing: 'vetoed', steps: [step('filed'), step('vetoed')] });
    expect([await release.release(lapsesMs), await held()]).toEqual([true, LIABILITY]);
    chain.mirrored = null;
    chain.pausedMs = 2;
    expect(await release.release(lapsesMs)).toBe(true);
    chain.pausedMs = 0;
    await takeClaim();
    expect(await release.release(lapsesMs)).toBe(true);
    await dataSource.query(`update claims set state = 'rejected'`);
    expect([await release.release(lapsesMs), await held()]).toEqual([false, 0n]);
  });
});
