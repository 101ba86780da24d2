import { type Hex } from '@odf/protocol';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { hexColumn, msColumn, uint64Column } from '../columns.js';

/** The newest key delegation of a validator. */
@Entity('delegations')
export class DelegationRow {
  @PrimaryColumn(hexColumn(32))
  validator_root: Hex;

  @Column(hexColumn(48))
  validator: Hex;

  @Column(hexColumn(48))
  delegate: Hex;

  @Column(uint64Column())
  valid_until: bigint;

  @Column(uint64Column())
  nonce: bigint;

  @Column(hexColumn(32))
  delegation_root: Hex;

  @Column(hexColumn(96))
  signature: Hex;

  @Column(hexColumn(96))
  possession: Hex;

  @Column(msColumn())
  at_ms: number;
}
