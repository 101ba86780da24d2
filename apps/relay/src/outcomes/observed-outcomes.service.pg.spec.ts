import { MemoryLiveStore } from '@odf/live-store';
import {
  AvsCursorsRepository,
  AwardsRepository,
  EventsRepository,
  FeesRepository,
  JobsRepository,
  ObservedResponsesRepository,
  QuarantinesRepository,
  ReputationRepository,
  SlashesRepository,
  TasksRepository,
  toBytea,
} from '@odf/persistence';
import type { Hex } from '@odf/protocol';
import type { Settlement } from '@odf/settlement';
import { ManualClock } from '@odf/telemetry';
import { createTestDatabase, type TestDatabase } from '@odf/testing';
import type { DataSource } from 'typeorm';
import type { AwardsService } from '../awards/awards.service.js';
import { SlashesService } from '../claims/slashes.service.js';
import type { AvsRegistry } from '../core/avs-registry.js';
import { EventsService } from '../events/events.service.js';
import { FeesService } from '../fees/fees.service.js';
import { QuarantinesService } from '../reputation/quarantines.service.js';
import { ReputationService } from '../reputation/reputation.service.js';
import type { AttestedResponse, AttestedResponses } from './attested-response.js';
import { ObservedOutcomesService, type SeenResponse } from './observed-outcomes.service.js';

jest.setTimeout(60_000);

const bytes = (length: number, n: number): Hex => `0x${n.toString(16).padStart(length * 2, '0')}`;
const [task, auction, avs, attestedDigest, otherDigest] = [1, 2, 3, 4, 5].map((n) => bytes(32, n)) as [
  Hex,
  Hex,
  Hex,
  Hex,
  Hex,
];
const [validator, coprocessor] = [bytes(48, 6), bytes(48, 7)];
const [operator, owner] = [bytes(20, 8), bytes(20, 9)];
const FEE = 7n;
const LIABILITY = 500n;
const line = bytes(32, 13);
const TERM_END_MS = 2_000_000n;
const TAIL_MS = 1_000;

const award = {
  award: {
    message: { auction_id: auction, avs_id: avs, coprocessor, role: 0, line_id: line, term_end_ms: TERM_END_MS },
  },
  leaf: { operator, fee_wei: FEE, max_liability: LIABILITY },
  owner,
};

/** Every response of the attested digest is the validator's, under its award. */
const attested = {
  validatorOf: async () => validator,
  find: async (_task: unknown, _operator: Hex, digest: Hex): Promise<AttestedResponse | null> =>
    digest === attestedDigest
      ? ({
          validator,
          award,
          attestationRoot: bytes(32, 10),
        } as unknown as AttestedResponse)
      : null,
} as unknown as AttestedResponses;

describe('ObservedOutcomesService', () => {
  const clock = new ManualClock();
  let database: TestDatabase;
  let dataSource: DataSource;
  let fees: FeesRepository;
  let quarantines: QuarantinesService;
  let slashes: SlashesService;
  let service: ObservedOutcomesService;

  beforeEach(async () => {
    database = await createTestDatabase();
    dataSource = await database.connect();
    await dataSource.query(
      `insert into tasks (task_id, avs_id, native_ref, input, input_root, created_at_ms, deadline_ms, auction_id, state)
       values ($1, $2, $2, $2, $2, 1, $4, $3, 'open')`,
      [toBytea(task), toBytea(avs), toBytea(auction), clock.nowMs()],
    );
    await followed(Number.MAX_SAFE_INTEGER);
    fees = new FeesRepository(dataSource);
    quarantines = new QuarantinesService(new QuarantinesRepository(dataSource), clock);
    const awards = { awardOf: async () => [award] } as unknown as AwardsService;
    const registry = {
      get: () => ({ config: { attributor: 'chain', claim_tail_ms: TAIL_MS } }),
    } as unknown as AvsRegistry;
    slashes = new SlashesService(new SlashesRepository(dataSource), awards, registry, new JobsRepository());
    const liveStore = new MemoryLiveStore(clock, () => undefined);
    service = new ObservedOutcomesService(
      dataSource,
      new ObservedResponsesRepository(dataSource),
      new TasksRepository(dataSource),
      attested,
      new FeesService(fees, {} as Settlement),
      new ReputationService(new ReputationRepository(dataSource), clock),
      quarantines,
      slashes,
      new EventsService(new EventsRepository(dataSource), liveStore, dataSource, clock),
      clock,
    );
  });
  afterEach(() => database.drop());

  /** The chain was followed up to a block of this time. */
  const followed = (followedMs: number) =>
    new AvsCursorsRepository(dataSource).save(avs, { next: 1n, followedMs, marks: [] });
  const seen = (members: Partial<SeenResponse> = {}): SeenResponse => ({
    avsId: avs,
    taskId: task,
    operator,
    responseDigest: attestedDigest,
    transaction: bytes(32, 11),
    blockNumber: 100n,
    atMs: clock.nowMs(),
    finalAtMs: clock.nowMs() + 1_000,
    ...members,
  });
  const commit = () =>
    fees.insert(dataSource, [
      {
        ...{ task_id: task, validator, role: 0, auction_id: auction, avs_id: avs, operator, coprocessor, owner },
        ...{ fee_wei: FEE, escrowed: true, committed_at_ms: 1n },
      },
    ]);
  const states = async () => (await fees.page({ by: 'validator', pubkey: validator, limit: 9 })).map((f) => f.state);
  const owed = async () => (await fees.owedBy([operator])).get(operator) ?? 0n;
  const slash = { taskId: task, operator, transaction: bytes(32, 12), logIndex: 3, blockNumber: 101n, atMs: 1_000 };

  it('makes a fee due once no challenge can come any more, and not before', async () => {
    await commit();
    await service.responded(seen());
    await service.settleFinal();
    expect(await states()).toEqual(['exposed']);
    clock.advance(1_000);
    await service.settleFinal();
    await service.settleFinal();
    expect([await states(), await owed()]).toEqual([['due'], FEE]);
  });

  it('waits with a fee while blocks in which a challenge may stand were not followed', async () => {
    await commit();
    await service.responded(seen());
    clock.advance(1_000);
    await followed(clock.nowMs() - 1);
    await service.settleFinal();
    expect(await states()).toEqual(['exposed']);
    await followed(clock.nowMs());
    await service.settleFinal();
    expect(await states()).toEqual(['due']);
  });

  it('lets nobody ride for free: an awarded operator that answers what was attested owes, committed or not', async () => {
    for (let round = 0; round < 2; round++) await service.responded(seen());
    expect([await states(), await owed()]).toEqual([['exposed'], FEE]);
  });

  it('owes nothing for a response that is not the attested one', async () => {
    await commit();
    await service.responded(seen({ responseDigest: otherDigest }));
    clock.advance(1_000);
    await service.settleFinal();
    expect([await states(), await owed()]).toEqual([['void'], 0n]);
  });

  it('voids the fee of a slashed response, and keeps the owner who attested it out', async () => {
    await commit();
    await service.responded(seen());
    for (let round = 0; round < 2; round++) await service.slashed(slash);
    expect([await states(), await owed()]).toEqual([['void'], 0n]);
    expect([...(await quarantines.endsOf([owner])).keys()]).toEqual([owner]);
    const events: { data: string }[] = await dataSource.query('select data from events order by id');
    expect(events.map(({ data }) => (JSON.parse(data) as { status: string }).status)).toEqual(['2', '4']);
    expect(JSON.stringify(events)).not.toContain(attestedDigest.slice(2));
  });

  it('holds the cover of a slashed operator beyond its reservation, once, and asks for its anchor', async () => {
    await service.responded(seen());
    for (let round = 0; round < 2; round++) await service.slashed(slash);
    const reservedAt = async (ms: number) => (await new AwardsRepository(dataSource).reservedWei([line], ms)).get(line);
    const lapseMs = Number(TERM_END_MS) + TAIL_MS;
    expect([await reservedAt(lapseMs - 1), await reservedAt(lapseMs)]).toEqual([undefined, LIABILITY]);
    const jobs = await dataSource.query('select task_identifier, key from graphile_worker.jobs order by 1');
    expect(jobs).toEqual([
      { task_identifier: 'claims.anchor', key: `claims.anchor/${line}/101` },
      { task_identifier: 'claims.follow', key: 'claims.follow/' },
    ]);
    await service.rolledBack(avs, 101n);
    expect(await reservedAt(lapseMs)).toBeUndefined();
  });

  it('blames nobody when the slashed response is not what was attested', async () => {
    await service.responded(seen({ responseDigest: otherDigest }));
    await service.slashed(slash);
    expect(await quarantines.endsOf([owner])).toEqual(new Map());
  });

  it('holds a quarantine while a claim is pending and ends it 30 days after', async () => {
    await service.responded(seen());
    await service.slashed(slash);
    await quarantines.hold(dataSource, slash);
    clock.advance(400 * 86_400_000);
    expect(await quarantines.has(owner)).toBe(true);
    await quarantines.release(dataSource, slash);
    clock.advance(30 * 86_400_000);
    expect(await quarantines.has(owner)).toBe(false);
  });

  it('forgets what the chain has dropped, and takes it in again', async () => {
    await service.responded(seen());
    await service.rolledBack(avs, 100n);
    await service.responded(seen({ blockNumber: 101n, responseDigest: otherDigest }));
    clock.advance(1_000);
    await service.settleFinal();
    expect(await states()).toEqual(['void']);
  });

  it('gives escrow back for responses that came to no AVS in time', async () => {
    await commit();
    await service.settleUnanswered();
    expect(await states()).toEqual(['exposed']);
    clock.advance(3_600_001);
    await service.settleUnanswered();
    expect([await states(), await owed()]).toEqual([['void'], 0n]);
  });
});
