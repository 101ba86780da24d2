import { MemoryLiveStore } from '@odf/live-store';
import { EventsRepository, FeesRepository, OutcomesRepository, ReputationRepository, toBytea } from '@odf/persistence';
import { OdfError, type Hex, type SignedOutcome } from '@odf/protocol';
import type { Settlement } from '@odf/settlement';
import { ManualClock } from '@odf/telemetry';
import { createTestDatabase, type TestDatabase } from '@odf/testing';
import type { DataSource } from 'typeorm';
import type { AwardsService, ValidatorAward } from '../awards/awards.service.js';
import type { AvsRegistry } from '../core/avs-registry.js';
import { EventsService } from '../events/events.service.js';
import { FeesService } from '../fees/fees.service.js';
import { ReputationService } from '../reputation/reputation.service.js';
import type { OutcomeChecks } from './outcome-checks.js';
import { OutcomeEffects } from './outcome-effects.js';
import { OutcomesService } from './outcomes.service.js';

jest.setTimeout(60_000);

const bytes = (length: number, n: number): Hex => `0x${n.toString(16).padStart(length * 2, '0')}`;
const [task, waiting, auction, avs] = [1, 2, 3, 4].map((n) => bytes(32, n)) as [Hex, Hex, Hex, Hex];
const [primary, standby] = [bytes(48, 0xa), bytes(48, 0xb)];
const digest: Hex = `0x${'d1'.repeat(32)}`;

/** Everybody but validator 9 has a primary and a standby award. */
const awards = {
  awardOf: async (_: Hex, validator: Hex): Promise<Partial<ValidatorAward>[]> =>
    validator === bytes(48, 9)
      ? []
      : [primary, standby].map((coprocessor, role) => ({
          award: { message: { coprocessor, role } as ValidatorAward['award']['message'], signature: '0x' },
          leaf: { operator: bytes(20, 0x0f) } as ValidatorAward['leaf'],
          owner: bytes(20, role + 1),
        })),
} as unknown as AwardsService;
const registry = { get: () => ({ config: { source: { kind: 'http' } } }) } as unknown as AvsRegistry;
const checks = { refusals: async (items: unknown[]) => items.map(() => null) } as unknown as OutcomeChecks;

function outcome(validator: number, status: number, { seq = 1n, of = task } = {}): SignedOutcome {
  return {
    message: {
      task_id: of,
      validator: bytes(48, validator),
      status,
      response_digest: digest,
      reference: bytes(32, 7),
      seq,
    },
    signature: bytes(96, 1),
  };
}

describe('OutcomesService', () => {
  const clock = new ManualClock();
  let database: TestDatabase;
  let dataSource: DataSource;
  let service: OutcomesService;

  beforeEach(async () => {
    database = await createTestDatabase();
    dataSource = await database.connect();
    for (const [id, of] of [
      [task, auction],
      [waiting, null],
    ] as const) {
      await dataSource.query(
        `insert into tasks (task_id, avs_id, native_ref, input, input_root, created_at_ms, deadline_ms, auction_id, state)
         values ($1, $2, $2, $2, $2, 1, 2, $3, 'open')`,
        [toBytea(id), toBytea(avs), of && toBytea(of)],
      );
    }
    const repository = new OutcomesRepository(dataSource);
    const liveStore = new MemoryLiveStore(clock, () => undefined);
    const events = new EventsService(new EventsRepository(dataSource), liveStore, dataSource, clock);
    const reputation = new ReputationService(new ReputationRepository(dataSource), clock);
    const fees = new FeesService(new FeesRepository(dataSource), {} as Settlement);
    const effects = new OutcomeEffects(repository, reputation, events, fees, registry);
    service = new OutcomesService(repository, checks, effects, awards, events, clock);
  });
  afterEach(() => database.drop());

  const codes = async (items: SignedOutcome[]) =>
    (await service.report(items)).map((answer) => (answer instanceof OdfError ? answer.code : 'good'));
  const rows = (sql: string): Promise<Record<string, unknown>[]> => dataSource.query(sql);

  it('refuses each bad outcome by its code and keeps the good ones beside them', async () => {
    const items = [
      outcome(1, 2, { seq: 5n }),
      outcome(2, 7),
      outcome(9, 2),
      outcome(3, 2, { of: waiting }),
      outcome(1, 2, { seq: 5n }),
      outcome(1, 3, { seq: 5n }),
      outcome(1, 6, { seq: 6n }),
    ];
    expect(await codes(items)).toEqual([
      'good',
      'OUTCOME_INVALID',
      'OUTCOME_INVALID',
      'OUTCOME_INVALID',
      'good',
      'OUTCOME_SEQ_STALE',
      'good',
    ]);
    expect(await service.statusOf(task, bytes(48, 1))).toBe(6);
    expect(await service.statusOf(task, bytes(48, 2))).toBeNull();
  });

  it('publishes each stored outcome once, without its response digest', async () => {
    for (let round = 0; round < 2; round++) await service.report([outcome(1, 2), outcome(2, 1)]);
    const events = await rows('select topic, data from events order by id');
    expect(events.map(({ topic, data }) => [topic, JSON.parse(data as string)])).toMatchObject([
      ['outcome', { id: '2', task_id: task, validator: bytes(48, 1), status: '2', reference: bytes(32, 7) }],
      ['outcome', { id: '4', task_id: task, validator: bytes(48, 2), status: '1' }],
    ]);
    expect(JSON.stringify(events)).not.toContain(digest.slice(2));
  });

  it('records what speaks of the coprocessor that the validator committed to, blaming nobody', async () => {
    await rows(`insert into receipt_batches (leaf_roots, signature) values ('', '')`);
    await dataSource.query(
      `insert into commitments (task_id, auction_id, role, validator, commitment_root, coprocessor, fee_wei, signer, signature, at_ms,
         batch_id, batch_index) values ($1, $1, 1, $2, $1, $3, 1, $2, $2, 1, 1, 0)`,
      [toBytea(task), toBytea(bytes(48, 2)), toBytea(standby)],
    );
    await service.report([outcome(1, 6), outcome(2, 2), outcome(3, 1), outcome(4, 5)]);
    const events = await rows('select coprocessor, owner, kind, attribution from reputation_events order by id');
    expect(events).toEqual([
      {
        coprocessor: toBytea(primary),
        owner: toBytea(bytes(20, 1)),
        kind: 'payload_invalid_reported',
        attribution: 'nobody',
      },
      { coprocessor: toBytea(standby), owner: toBytea(bytes(20, 2)), kind: 'outcome_accepted', attribution: 'nobody' },
    ]);
  });

  it('makes the fee due or void by the word of who pays, where no plug-in observes the AVS', async () => {
    const fee = (validator: number) => ({
      task_id: task,
      validator: bytes(48, validator),
      role: 0,
      auction_id: auction,
      avs_id: avs,
      operator: bytes(20, 0x0f),
      coprocessor: primary,
      owner: bytes(20, 1),
      fee_wei: 7n,
      escrowed: false,
      committed_at_ms: 1n,
    });
    const fees = new FeesRepository(dataSource);
    const states = async () => (await fees.page({ by: 'coprocessor', pubkey: primary, limit: 9 })).map((f) => f.state);
    await fees.insert(dataSource, [fee(1)]);
    await service.report([outcome(1, 1)]);
    expect(await states()).toEqual(['exposed']);
    await service.report([outcome(1, 2, { seq: 2n })]);
    expect(await states()).toEqual(['due']);
    await fees.insert(dataSource, [fee(2)]);
    await service.report([outcome(2, 6)]);
    expect(await states()).toEqual(['void', 'due']);
    expect(await fees.owedBy([bytes(20, 0x0f)])).toEqual(new Map());
  });
});
