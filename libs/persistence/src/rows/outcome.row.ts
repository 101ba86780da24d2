import { type Hex } from '@odf/protocol';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { bigintColumn, hexColumn, msColumn, uint64Column } from '../columns.js';

/** The newest outcome that a validator reported of a task. */
@Entity('outcomes')
export class OutcomeRow {
  @Column(bigintColumn({ generated: 'identity', generatedIdentity: 'ALWAYS' }))
  id: bigint;

  @PrimaryColumn(hexColumn(32))
  task_id: Hex;

  @PrimaryColumn(hexColumn(48))
  validator: Hex;

  @Column('smallint')
  status: number;

  @Column(hexColumn(32))
  response_digest: Hex;

  @Column(hexColumn(32))
  reference: Hex;

  @Column(uint64Column())
  seq: bigint;

  @Column(hexColumn(32))
  outcome_root: Hex;

  @Column(hexColumn(96))
  signature: Hex;

  @Column(msColumn())
  at_ms: number;
}
