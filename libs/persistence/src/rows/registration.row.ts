import { type Hex } from '@odf/protocol';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { hexColumn, uint64Column } from '../columns.js';

/** The newest builder registration of a validator. */
@Entity('registrations')
export class RegistrationRow {
  @PrimaryColumn(hexColumn(48))
  pubkey: Hex;

  @Column(hexColumn(20))
  fee_recipient: Hex;

  @Column(uint64Column())
  gas_limit: bigint;

  @Column(uint64Column())
  timestamp: bigint;

  @Column(hexColumn(96))
  signature: Hex;
}
