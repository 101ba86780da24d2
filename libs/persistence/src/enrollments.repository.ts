import { Injectable } from '@nestjs/common';
import { TrustPolicy, type Hex } from '@odf/protocol';
import { LRUCache } from 'lru-cache';
import { DataSource, type EntityManager } from 'typeorm';
import { fromBytea, insertMany, toBytea } from './columns.js';
import { inTransaction } from './database.js';
import { inTurn } from './in-turn.js';
import { EnrollmentRow } from './rows/enrollment.row.js';

/** An enrollment as it is stored; `valid_from` and `valid_until` in Unix seconds, `policy` as SSZ. */
export interface StoredEnrollment {
  validator_root: Hex;
  avs_id: Hex;
  validator: Hex;
  operator: Hex;
  policy: Uint8Array;
  policy_root: Hex;
  valid_from: bigint;
  valid_until: bigint;
  nonce: bigint;
  signature: Hex;
  operator_signature: Hex;
  enrollment_root: Hex;
  /** It left, or gave way after its end; it no longer holds its (operator, avs). */
  exited: boolean;
  at_ms: number;
}

/** What identifies an enrollment, and what it holds. */
export type EnrollmentPlace = Pick<StoredEnrollment, 'validator_root' | 'avs_id' | 'operator'>;

/** An enrollment within its times, with its policy; equal policies are one object. */
export interface CurrentEnrollment {
  validator_root: Hex;
  operator: Hex;
  policy: TrustPolicy;
}

/** Rows of one page of a snapshot. */
const PAGE_ROWS = 50_000;

/** Enrollments, one a validator and AVS. */
@Injectable()
export class EnrollmentsRepository {
  readonly #policies = new LRUCache<Hex, TrustPolicy>({ max: 4_096 });

  constructor(private readonly dataSource: DataSource) {}

  /** One enrollment, or null. */
  find(validatorRoot: Hex, avsId: Hex): Promise<StoredEnrollment | null> {
    return this.dataSource.getRepository(EnrollmentRow).findOneBy({ validator_root: validatorRoot, avs_id: avsId });
  }

  /** Those of these places' validators and AVSs that exist. */
  findMany(places: readonly EnrollmentPlace[]): Promise<StoredEnrollment[]> {
    return rowsOf(this.dataSource.manager, places, 'validator_root', 'true');
  }

  /** The validator that holds an operator in an AVS, or did last, or null. */
  async holderOf(operator: Hex, avsId: Hex): Promise<Hex | null> {
    const [row]: { validator: Buffer }[] = await this.dataSource.query(
      'select validator from enrollments where operator = $1 and avs_id = $2 order by exited, at_ms desc limit 1',
      [toBytea(operator), toBytea(avsId)],
    );
    return row ? fromBytea(row.validator) : null;
  }

  /** Those of these validators that have ever enrolled anywhere. */
  async known(validatorRoots: readonly Hex[]): Promise<Set<Hex>> {
    const rows: { validator_root: Buffer }[] = await this.dataSource.query(
      'select distinct validator_root from enrollments where validator_root = any($1::bytea[])',
      [validatorRoots.map(toBytea)],
    );
    return new Set(rows.map(({ validator_root }) => fromBytea(validator_root)));
  }

  /**
   * Lets `decide` see the enrollments of these validators and the holders of these operators, and writes what it says.
   *
   * Changes of one AVS happen one after the other, so that nothing that `decide` saw changes before its rows are written.
   */
  async change<T>(
    places: readonly EnrollmentPlace[],
    decide: (known: StoredEnrollment[]) => { result: T; write: readonly StoredEnrollment[] },
  ): Promise<T> {
    const avsIds = places.map(({ avs_id }) => avs_id);
    return inTurn(this.dataSource, 'enrollments', avsIds, async (manager) => {
      const own = await rowsOf(manager, places, 'validator_root', 'true');
      const holders = await rowsOf(manager, places, 'operator', 'not row.exited');
      const known = new Map([...own, ...holders].map((row) => [row.validator_root + row.avs_id, row]));
      const { result, write } = decide([...known.values()]);
      await save(manager, write);
      return result;
    });
  }

  /** Every enrollment of an AVS within its times at `nowSeconds`, by rising validator_root. */
  async current(avsId: Hex, nowSeconds: bigint): Promise<CurrentEnrollment[]> {
    return inTransaction(
      this.dataSource,
      async (manager) => {
        const all: CurrentEnrollment[] = [];
        for (let after: Hex = '0x', full = true; full;) {
          const page = await currentPage(manager, avsId, nowSeconds, after);
          const policies = await this.#policiesOf(manager, avsId, [...new Set(page.map((row) => row.policy_root))]);
          for (const { validator_root, operator, policy_root } of page) {
            all.push({ validator_root, operator, policy: policies.get(policy_root)! });
          }
          full = page.length === PAGE_ROWS;
          after = page.at(-1)?.validator_root ?? after;
        }
        return all;
      },
      { isolation: 'REPEATABLE READ' },
    );
  }

  /** How many enrollments of an AVS are within their times at `nowSeconds`, by policy. */
  async countByPolicy(avsId: Hex, nowSeconds: bigint): Promise<{ policy: TrustPolicy; count: number }[]> {
    const rows: { policy_root: Buffer; count: number }[] = await this.dataSource.query(
      `select policy_root, count(*)::integer as count from enrollments
       where avs_id = $1 and not exited and valid_from <= $2 and valid_until > $2 group by policy_root`,
      [toBytea(avsId), nowSeconds.toString()],
    );
    const counts = rows.map(({ policy_root, count }) => ({ root: fromBytea(policy_root), count }));
    const roots = counts.map(({ root }) => root);
    const policies = await this.#policiesOf(this.dataSource.manager, avsId, roots);
    return counts.flatMap(({ root, count }) => {
      const policy = policies.get(root);
      // Replaced between the two questions: it is no longer current either.
      return policy ? [{ policy, count }] : [];
    });
  }

  async #policiesOf(manager: EntityManager, avsId: Hex, roots: readonly Hex[]): Promise<Map<Hex, TrustPolicy>> {
    const missing = roots.filter((root) => !this.#policies.has(root));
    const rows: { policy_root: Buffer; policy: Buffer }[] =
      missing.length === 0
        ? []
        : await manager.query(
            `select distinct on (policy_root) policy_root, policy from enrollments
             where avs_id = $1 and policy_root = any($2::bytea[])`,
            [toBytea(avsId), missing.map(toBytea)],
          );
    const read = new Map(
      rows.map(({ policy_root, policy }) => [fromBytea(policy_root), TrustPolicy.deserialize(new Uint8Array(policy))]),
    );
    const found = new Map<Hex, TrustPolicy>();
    for (const root of roots) {
      const policy = this.#policies.get(root) ?? read.get(root);
      if (policy) found.set(root, policy);
    }
    for (const [root, policy] of read) this.#policies.set(root, policy);
    return found;
  }
}

async function currentPage(manager: EntityManager, avsId: Hex, nowSeconds: bigint, after: Hex) {
  // Postgres writes the hex: a million Buffers would cost more than the query.
  return manager.query<{ validator_root: Hex; operator: Hex; policy_root: Hex }[]>(
    `select '0x' || encode(validator_root, 'hex') as validator_root, '0x' || encode(operator, 'hex') as operator,
       '0x' || encode(policy_root, 'hex') as policy_root
     from enrollments
     where avs_id = $1 and not exited and valid_from <= $2 and valid_until > $2 and validator_root > $3
     order by enrollments.validator_root limit $4`,
    [toBytea(avsId), nowSeconds.toString(), toBytea(after), PAGE_ROWS],
  );
}

function rowsOf(
  manager: EntityManager,
  places: readonly EnrollmentPlace[],
  member: 'validator_root' | 'operator',
  condition: 'true' | 'not row.exited',
): Promise<EnrollmentRow[]> {
  return manager
    .getRepository(EnrollmentRow)
    .createQueryBuilder('row')
    .where(`(row.${member}, row.avs_id) in (select * from unnest(cast(:members as bytea[]), cast(:avs as bytea[])))`, {
      members: places.map((place) => toBytea(place[member])),
      avs: places.map(({ avs_id }) => toBytea(avs_id)),
    })
    .andWhere(condition)
    .getMany();
}

async function save(manager: EntityManager, rows: readonly StoredEnrollment[]): Promise<void> {
  if (rows.length === 0) return;
  const column = (name: keyof StoredEnrollment) => rows.map((row) => row[name]);
  // Operators may change hands among these rows; all let go before any takes hold.
  await manager.query(
    `update enrollments set exited = true
     where (validator_root, avs_id) in (select * from unnest($1::bytea[], $2::bytea[]))`,
    [rows.map((row) => toBytea(row.validator_root)), rows.map((row) => toBytea(row.avs_id))],
  );
  await insertMany(
    manager,
    'enrollments',
    Object.fromEntries(columns.map(([name, type]) => [name, { type, values: column(name) }])),
    {
      onConflict: `(validator_root, avs_id) do update set ${columns
        .slice(2)
        .map(([name]) => `${name} = excluded.${name}`)
        .join(', ')}`,
    },
  );
  // What operators consented to proves fees long after it was replaced.
  await insertMany(
    manager,
    'enrollment_history',
    Object.fromEntries(historyColumns.map(([name, type]) => [name, { type, values: column(name) }])),
    { onConflict: '(enrollment_root) do nothing' },
  );
}

const columns = [
  ['validator_root', 'bytea'],
  ['avs_id', 'bytea'],
  ['validator', 'bytea'],
  ['operator', 'bytea'],
  ['policy', 'bytea'],
  ['policy_root', 'bytea'],
  ['valid_from', 'numeric'],
  ['valid_until', 'numeric'],
  ['nonce', 'numeric'],
  ['signature', 'bytea'],
  ['operator_signature', 'bytea'],
  ['enrollment_root', 'bytea'],
  ['exited', 'boolean'],
  ['at_ms', 'bigint'],
] as const satisfies readonly (readonly [keyof StoredEnrollment, string])[];

const historyColumns = columns.filter(([name]) => !['policy', 'signature', 'exited'].includes(name));
