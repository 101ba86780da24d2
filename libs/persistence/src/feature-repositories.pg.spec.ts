import type { Hex, SignedValidatorRegistrationV1 } from '@odf/protocol';
import type { DataSource } from 'typeorm';
import { createTestDatabase, type TestDatabase } from '@odf/testing';
import { DelegationsRepository, type StoredDelegation } from './delegations.repository.js';
import { OutcomesRepository, type StoredOutcome } from './outcomes.repository.js';
import { RegistrationsRepository } from './registrations.repository.js';
import { ReputationRepository, type ReputationEvent } from './reputation.repository.js';
import { VouchersRepository, type StoredVoucher } from './vouchers.repository.js';

jest.setTimeout(60_000);

const bytes = (length: number, n: number): Hex => `0x${n.toString(16).padStart(length * 2, '0')}`;

let database: TestDatabase;
let dataSource: DataSource;

beforeEach(async () => {
  database = await createTestDatabase();
  dataSource = await database.connect();
});
afterEach(() => database.drop());

describe('RegistrationsRepository', () => {
  const registration = (n: number, timestamp: bigint, gas_limit = 2n ** 64n - 1n): SignedValidatorRegistrationV1 => ({
    message: { pubkey: bytes(48, n), fee_recipient: bytes(20, n), gas_limit, timestamp },
    signature: bytes(96, n),
  });

  it('keeps the newest of each validator', async () => {
    const repository = new RegistrationsRepository(dataSource);
    await repository.save([registration(1, 5n), registration(2, 5n)]);
    await repository.save([registration(1, 4n, 1n), registration(2, 5n, 2n), registration(3, 1n)]);
    const found = await repository.find([1, 2, 3, 4].map((n) => bytes(48, n)));
    expect([...found.values()].map(({ timestamp, gas_limit }) => [timestamp, gas_limit]).sort()).toEqual([
      [1n, 2n ** 64n - 1n],
      [5n, 2n ** 64n - 1n],
      [5n, 2n],
    ]);
    expect(found.get(bytes(48, 1))).toEqual(registration(1, 5n).message);
  });
});

describe('DelegationsRepository', () => {
  const delegation = (n: number, nonce: bigint): StoredDelegation => ({
    validator_root: bytes(32, n),
    validator: bytes(48, n),
    delegate: bytes(48, 1000 + n),
    valid_until: 2n ** 64n - 1n,
    nonce,
    delegation_root: bytes(32, n),
    signature: bytes(96, n),
    possession: bytes(96, n),
    at_ms: 7,
  });

  it('replaces delegations and remembers whom each delegate serves', async () => {
    const repository = new DelegationsRepository(dataSource);
    const first = delegation(1, 1n);
    await repository.change([first], () => ({ result: 0, write: [first], serve: [first] }));
    const next = delegation(1, 2n);
    const known = await repository.change([next], (all) => ({ result: all, write: [next], serve: [] }));
    expect(known).toEqual({
      delegations: [first],
      owners: [{ delegate: first.delegate, validator_root: first.validator_root }],
    });
    expect(await repository.findMany([bytes(32, 1), bytes(32, 2)])).toEqual([next]);
  });

  it('refuses two owners of a delegate even when the rules would not', async () => {
    const repository = new DelegationsRepository(dataSource);
    const serve = [delegation(1, 1n), { ...delegation(2, 1n), delegate: delegation(1, 1n).delegate }];
    await expect(repository.change(serve, () => ({ result: 0, write: serve, serve }))).rejects.toThrow(/duplicate key/);
    expect(await repository.findMany([bytes(32, 1)])).toEqual([]);
  });
});

describe('VouchersRepository', () => {
  const voucher = (operator: number, cumulative_wei: bigint): StoredVoucher => ({
    operator: bytes(20, operator),
    owner: bytes(20, 0xc0),
    cumulative_wei,
    signature: '0x',
    at_ms: 7,
  });

  it('keeps one voucher of each operator and pages through them by operator', async () => {
    const repository = new VouchersRepository(dataSource);
    for (const write of [
      [voucher(3, 1n), voucher(1, 1n)],
      [voucher(1, 2n ** 256n - 1n), voucher(2, 5n)],
    ]) {
      await repository.change(write, () => ({ result: 0, write }));
    }
    const owner = bytes(20, 0xc0);
    const first = await repository.ofOwner(owner, { limit: 2 });
    expect(first).toMatchObject([voucher(1, 2n ** 256n - 1n), voucher(2, 5n)]);
    const after = first[1]!.operator;
    expect(await repository.ofOwner(owner, { limit: 2, after })).toMatchObject([voucher(3, 1n)]);
    expect(await repository.ofOwner(owner, { limit: 2, operator: after })).toMatchObject([first[1]!]);
    expect(await repository.ofOwner(bytes(20, 0xc1), { limit: 2 })).toEqual([]);
  });
});

describe('OutcomesRepository', () => {
  const outcome = (validator: number, seq: bigint): StoredOutcome => ({
    task_id: bytes(32, 1),
    validator: bytes(48, validator),
    status: 2,
    response_digest: bytes(32, 2),
    reference: bytes(32, 3),
    seq,
    outcome_root: bytes(32, 4),
    signature: bytes(96, 5),
    at_ms: 7,
  });

  it('keeps the newest of each validator under its first id, and all or nothing', async () => {
    const repository = new OutcomesRepository(dataSource);
    const ids: string[] = [];
    const note = async (_: unknown, written: { id: string }[]) => void ids.push(...written.map(({ id }) => id));
    const write = [outcome(2, 1n), outcome(1, 1n)];
    await repository.change(write, () => ({ result: 0, write }), note);
    await repository.change([outcome(1, 2n)], () => ({ result: 0, write: [outcome(1, 2n)] }), note);
    expect(ids[2]).toBe(ids[1]);
    const failing = repository.change(
      [outcome(1, 3n)],
      () => ({ result: 0, write: [outcome(1, 3n)] }),
      async () => {
        throw new Error('the event was not written');
      },
    );
    await expect(failing).rejects.toThrow('the event was not written');
    expect((await repository.find(bytes(32, 1), bytes(48, 1)))?.seq).toBe(2n);
  });
});

describe('ReputationRepository', () => {
  it('keeps the first event of a coprocessor, task and kind', async () => {
    const repository = new ReputationRepository(dataSource);
    const event = (kind: string, at_ms: number): ReputationEvent => ({
      coprocessor: bytes(48, 1),
      owner: bytes(20, 1),
      avs_id: bytes(32, 1),
      task_id: bytes(32, 1),
      kind,
      attribution: 'nobody',
      evidence: { validator: bytes(48, 2), list: [1] },
      at_ms,
    });
    await repository.append([event('late', 1)]);
    await repository.append([event('late', 2), event('delivered', 3)]);
    const rows = await dataSource.query('select kind, at_ms, evidence from reputation_events order by id');
    expect(rows).toEqual([
      { kind: 'late', at_ms: '1', evidence: event('late', 1).evidence },
      { kind: 'delivered', at_ms: '3', evidence: event('late', 1).evidence },
    ]);
  });
});
