import { type Hex } from '@odf/protocol';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { hexColumn } from '../columns.js';

/** The one validator that a hot key serves, for ever. */
@Entity('delegates')
export class DelegateRow {
  @PrimaryColumn(hexColumn(48))
  delegate: Hex;

  @Column(hexColumn(32))
  validator_root: Hex;
}
