import { type Hex } from '@odf/protocol';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { hexColumn, msColumn, uint64Column } from '../columns.js';

/** The newest enrollment of a validator in an AVS. */
@Entity('enrollments')
export class EnrollmentRow {
  @PrimaryColumn(hexColumn(32))
  validator_root: Hex;

  @PrimaryColumn(hexColumn(32))
  avs_id: Hex;

  @Column(hexColumn(48))
  validator: Hex;

  @Column(hexColumn(20))
  operator: Hex;

  /** SSZ of the TrustPolicy. */
  @Column({ type: 'bytea' })
  policy: Uint8Array;

  @Column(hexColumn(32))
  policy_root: Hex;

  @Column(uint64Column())
  valid_from: bigint;

  @Column(uint64Column())
  valid_until: bigint;

  @Column(uint64Column())
  nonce: bigint;

  @Column(hexColumn(96))
  signature: Hex;

  @Column(hexColumn())
  operator_signature: Hex;

  @Column(hexColumn(32))
  enrollment_root: Hex;

  @Column('boolean')
  exited: boolean;

  @Column(msColumn())
  at_ms: number;
}
