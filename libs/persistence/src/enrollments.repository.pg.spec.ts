import { TrustPolicy, type Hex } from '@odf/protocol';
import { createTestDatabase, type TestDatabase } from '@odf/testing';
import { EnrollmentsRepository, type StoredEnrollment } from './enrollments.repository.js';

jest.setTimeout(60_000);

const bytes = (length: number, n: number): Hex => `0x${n.toString(16).padStart(length * 2, '0')}`;
const avsId = bytes(32, 0xaf);

function policyOf(share: number): TrustPolicy {
  const collateral = { kind: 0, assets: [], cover_bps: 0 };
  const tier = { collateral, min_reputation_bps: 0, assurance: 0, discount_bps: 0 };
  return { max_fee_share_bps: share, max_fee_wei: 1n, slashable_wei: 0n, tiers: [tier], allow: [], deny: [] };
}

function enrollment(n: number, more: Partial<StoredEnrollment> & { share?: number } = {}): StoredEnrollment {
  const { share = 500, ...rest } = more;
  return {
    validator_root: bytes(32, n),
    avs_id: avsId,
    validator: bytes(48, n),
    operator: bytes(20, n),
    policy: TrustPolicy.serialize(policyOf(share)),
    policy_root: TrustPolicy.root(policyOf(share)),
    valid_from: 100n,
    valid_until: 2n ** 64n - 1n,
    nonce: 1n,
    signature: bytes(96, n),
    operator_signature: bytes(65, n),
    enrollment_root: bytes(32, n),
    exited: false,
    at_ms: 5,
    ...rest,
  };
}

describe('EnrollmentsRepository', () => {
  let database: TestDatabase;
  let repository: EnrollmentsRepository;
  let second: EnrollmentsRepository;

  const put = (...rows: StoredEnrollment[]) => repository.change(rows, () => ({ result: undefined, write: rows }));

  beforeEach(async () => {
    database = await createTestDatabase();
    repository = new EnrollmentsRepository(await database.connect());
    second = new EnrollmentsRepository(await database.connect());
  });
  afterEach(() => database.drop());

  it('gives back what it was given, up to the largest numbers', async () => {
    const row = enrollment(1, { nonce: 2n ** 64n - 1n, operator_signature: '0x' });
    await put(row);
    const found = await repository.find(row.validator_root, avsId);
    expect({ ...found, policy: new Uint8Array(found!.policy) }).toEqual({ ...row, policy: new Uint8Array(row.policy) });
    expect(await repository.find(bytes(32, 2), avsId)).toBeNull();
    expect(await repository.known([bytes(32, 1), bytes(32, 2)])).toEqual(new Set([bytes(32, 1)]));
  });

  it('shows a change the rows of its validators and the holders of its operators', async () => {
    await put(enrollment(1), enrollment(2, { exited: true }), enrollment(3));
    const places = [
      enrollment(9, { operator: bytes(20, 1) }),
      enrollment(8, { operator: bytes(20, 2) }),
      enrollment(3),
    ];
    const seen = await repository.change(places, (known) => ({ result: known, write: [] }));
    expect(seen.map(({ validator_root }) => validator_root).sort()).toEqual([bytes(32, 1), bytes(32, 3)]);
  });

  it('lets two validators swap operators in one change', async () => {
    await put(enrollment(1), enrollment(2));
    await put(enrollment(1, { operator: bytes(20, 2) }), enrollment(2, { operator: bytes(20, 1) }));
    expect((await repository.find(bytes(32, 1), avsId))?.operator).toBe(bytes(20, 2));
  });

  it('gives an operator to one of many that ask at once, over two instances', async () => {
    const candidates = Array.from({ length: 12 }, (_, n) => enrollment(n + 1, { operator: bytes(20, 99) }));
    const answers = await Promise.all(
      candidates.map((row, n) =>
        (n % 2 === 0 ? repository : second).change([row], (known) =>
          known.length === 0 ? { result: 'taken', write: [row] } : { result: 'refused', write: [] },
        ),
      ),
    );
    expect(answers.filter((answer) => answer === 'taken')).toHaveLength(1);
    expect(await repository.current(avsId, 200n)).toHaveLength(1);
  });

  it('takes changes of an AVS one after the other', async () => {
    await put(enrollment(1, { nonce: 0n }));
    const raise = (through: EnrollmentsRepository) =>
      through.change([enrollment(1)], ([row]) => ({
        result: undefined,
        write: [enrollment(1, { nonce: row!.nonce + 1n })],
      }));
    await Promise.all(Array.from({ length: 20 }, (_, n) => raise(n % 2 === 0 ? repository : second)));
    expect((await repository.find(bytes(32, 1), avsId))?.nonce).toBe(20n);
  });

  it('snapshots those within their times by rising root, equal policies being one object', async () => {
    await put(
      enrollment(3),
      enrollment(1, { share: 900 }),
      enrollment(2),
      enrollment(4, { exited: true }),
      enrollment(5, { valid_from: 201n }),
      enrollment(6, { valid_until: 200n }),
      enrollment(7, { avs_id: bytes(32, 0xbe) }),
    );
    const current = await repository.current(avsId, 200n);
    expect(current.map(({ validator_root }) => validator_root)).toEqual([1, 2, 3].map((n) => bytes(32, n)));
    expect(current.map(({ policy }) => policy)).toEqual([policyOf(900), policyOf(500), policyOf(500)]);
    expect(current[1]!.policy).toBe(current[2]!.policy);
    const counts = await repository.countByPolicy(avsId, 200n);
    expect(counts.toSorted((a, b) => a.count - b.count)).toEqual([
      { policy: policyOf(900), count: 1 },
      { policy: policyOf(500), count: 2 },
    ]);
  });

  it('snapshots more than one page', async () => {
    const rows = Array.from({ length: 50_001 }, (_, n) => enrollment(n + 1));
    await put(...rows);
    const current = await repository.current(avsId, 200n);
    expect(current.length).toBe(50_001);
    expect(current.at(-1)?.validator_root).toBe(bytes(32, 50_001));
  });
});
