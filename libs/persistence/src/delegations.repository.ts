import { Injectable } from '@nestjs/common';
import type { Hex } from '@odf/protocol';
import { DataSource, type EntityManager } from 'typeorm';
import { insertMany, toBytea } from './columns.js';
import { inTurn } from './in-turn.js';
import { DelegateRow } from './rows/delegate.row.js';
import { DelegationRow } from './rows/delegation.row.js';

/** A key delegation as it is stored; `valid_until` in Unix seconds. */
export interface StoredDelegation {
  validator_root: Hex;
  validator: Hex;
  delegate: Hex;
  valid_until: bigint;
  nonce: bigint;
  delegation_root: Hex;
  signature: Hex;
  possession: Hex;
  at_ms: number;
}

/** The one validator that a delegate serves. */
export interface DelegateOwner {
  delegate: Hex;
  validator_root: Hex;
}

/** What a change of delegations is decided by. */
export interface KnownDelegations {
  delegations: StoredDelegation[];
  owners: DelegateOwner[];
}

/** Key delegations: the newest of each validator, and whom each delegate serves. */
@Injectable()
export class DelegationsRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** The newest delegations of these validators that have any. */
  findMany(validatorRoots: readonly Hex[]): Promise<StoredDelegation[]> {
    return delegationsOf(this.dataSource.manager, validatorRoots);
  }

  /** Lets `decide` see what is known of these validators and delegates, and writes what it says; one change at a time. */
  async change<T>(
    places: readonly DelegateOwner[],
    decide: (known: KnownDelegations) => {
      result: T;
      write: readonly StoredDelegation[];
      serve: readonly DelegateOwner[];
    },
  ): Promise<T> {
    return inTurn(this.dataSource, 'delegations', ['all'], async (manager) => {
      const delegations = await delegationsOf(
        manager,
        places.map(({ validator_root }) => validator_root),
      );
      const owners = await ownersOf(
        manager,
        places.map(({ delegate }) => delegate),
      );
      const { result, write, serve } = decide({ delegations, owners });
      await save(manager, write);
      await insertMany(manager, 'delegates', {
        delegate: { type: 'bytea', values: serve.map(({ delegate }) => delegate) },
        validator_root: { type: 'bytea', values: serve.map(({ validator_root }) => validator_root) },
      });
      return result;
    });
  }
}

function delegationsOf(manager: EntityManager, validatorRoots: readonly Hex[]): Promise<DelegationRow[]> {
  return manager
    .getRepository(DelegationRow)
    .createQueryBuilder('row')
    .where('row.validator_root = any(:roots)', { roots: validatorRoots.map(toBytea) })
    .getMany();
}

function ownersOf(manager: EntityManager, delegates: readonly Hex[]): Promise<DelegateRow[]> {
  return manager
    .getRepository(DelegateRow)
    .createQueryBuilder('row')
    .where('row.delegate = any(:delegates)', { delegates: delegates.map(toBytea) })
    .getMany();
}

async function save(manager: EntityManager, rows: readonly StoredDelegation[]): Promise<void> {
  const column = (name: keyof StoredDelegation) => rows.map((row) => row[name]);
  await insertMany(
    manager,
    'delegations',
    Object.fromEntries(columns.map(([name, type]) => [name, { type, values: column(name) }])),
    {
      onConflict: `(validator_root) do update set ${columns
        .slice(1)
        .map(([name]) => `${name} = excluded.${name}`)
        .join(', ')}`,
    },
  );
  // What a delegate signed proves fees long after it was replaced.
  await insertMany(
    manager,
    'delegation_history',
    Object.fromEntries(historyColumns.map(([name, type]) => [name, { type, values: column(name) }])),
    { onConflict: '(delegation_root) do nothing' },
  );
}

const columns = [
  ['validator_root', 'bytea'],
  ['validator', 'bytea'],
  ['delegate', 'bytea'],
  ['valid_until', 'numeric'],
  ['nonce', 'numeric'],
  ['delegation_root', 'bytea'],
  ['signature', 'bytea'],
  ['possession', 'bytea'],
  ['at_ms', 'bigint'],
] as const satisfies readonly (readonly [keyof StoredDelegation, string])[];

const historyColumns = columns.filter(([name]) => !['validator_root', 'possession'].includes(name));
