import { type Hex } from '@odf/protocol';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { bigintColumn, hexColumn, msColumn, weiColumn } from '../columns.js';

/** The highest voucher of an operator for an owner. */
@Entity('vouchers')
export class VoucherRow {
  @Column(bigintColumn({ generated: 'identity', generatedIdentity: 'ALWAYS' }))
  id: bigint;

  @PrimaryColumn(hexColumn(20))
  owner: Hex;

  @PrimaryColumn(hexColumn(20))
  operator: Hex;

  @Column(weiColumn())
  cumulative_wei: bigint;

  @Column(hexColumn())
  signature: Hex;

  @Column(msColumn())
  at_ms: number;
}
