import { Injectable } from '@nestjs/common';
import type { Hex, Voucher } from '@odf/protocol';
import { DataSource, type EntityManager } from 'typeorm';
import { insertMany, toBytea } from './columns.js';
import { inTurn } from './in-turn.js';
import { VoucherRow } from './rows/voucher.row.js';

/** A voucher as it is stored. */
export interface StoredVoucher extends Voucher {
  at_ms: number;
}

/** Who pays whom. */
export type VoucherPlace = Pick<Voucher, 'owner' | 'operator'>;

/** A page of an owner's vouchers. */
export interface VoucherPage {
  limit: number;
  after?: Hex | undefined;
  operator?: Hex | undefined;
}

/** Payment vouchers, the highest of each owner and operator. */
@Injectable()
export class VouchersRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** An owner's vouchers by rising operator, at most `limit`, from behind the operator `after`; of one operator if named. */
  ofOwner(owner: Hex, { limit, after, operator }: VoucherPage): Promise<StoredVoucher[]> {
    const query = this.dataSource
      .getRepository(VoucherRow)
      .createQueryBuilder('row')
      .where('row.owner = :owner and row.operator > :after', { owner: toBytea(owner), after: toBytea(after ?? '0x') })
      .orderBy('row.operator')
      .limit(limit);
    if (operator !== undefined) query.andWhere('row.operator = :operator', { operator: toBytea(operator) });
    return query.getMany();
  }

  /** Lets `decide` see the known vouchers between these accounts and writes what it says; one change at a time. */
  async change<T>(
    places: readonly VoucherPlace[],
    decide: (known: StoredVoucher[]) => { result: T; write: readonly StoredVoucher[] },
  ): Promise<T> {
    return inTurn(this.dataSource, 'vouchers', ['all'], async (manager) => {
      const { result, write } = decide(await vouchersOf(manager, places));
      await insertMany(
        manager,
        'vouchers',
        {
          operator: { type: 'bytea', values: write.map(({ operator }) => operator) },
          owner: { type: 'bytea', values: write.map(({ owner }) => owner) },
          cumulative_wei: { type: 'numeric', values: write.map(({ cumulative_wei }) => cumulative_wei) },
          signature: { type: 'bytea', values: write.map(({ signature }) => signature) },
          at_ms: { type: 'bigint', values: write.map(({ at_ms }) => at_ms) },
        },
        {
          onConflict: `(owner, operator) do update set cumulative_wei = excluded.cumulative_wei,
            signature = excluded.signature, at_ms = excluded.at_ms`,
        },
      );
      return result;
    });
  }
}

function vouchersOf(manager: EntityManager, places: readonly VoucherPlace[]): Promise<VoucherRow[]> {
  return manager
    .getRepository(VoucherRow)
    .createQueryBuilder('row')
    .where(
      '(row.owner, row.operator) in (select * from unnest(cast(:owners as bytea[]), cast(:operators as bytea[])))',
      {
        owners: places.map(({ owner }) => toBytea(owner)),
        operators: places.map(({ operator }) => toBytea(operator)),
      },
    )
    .getMany();
}
