import type { AwardRecord, DeliveryRecord, TaskRecord } from '@odf/persistence';
import { AwardRole, sha256, type Hex } from '@odf/protocol';
import { testCoprocessor } from '@odf/testing';

/** An id made of a name. */
export const idOf = (name: string): Hex => sha256(Buffer.from(name));

/** An open task, announced at 1,000: deliver by 2,000, switch until 2,500, commit by 3,000. */
export function taskRecord(members: Partial<TaskRecord> = {}): TaskRecord {
  return {
    id: '1',
    taskId: idOf('task'),
    avsId: idOf('avs'),
    nativeRef: '0x01',
    inputRoot: idOf('input'),
    createdAtMs: 900,
    deadlineMs: 9_000,
    auctionId: idOf('auction'),
    announcedAtMs: 1_000,
    deliverByMs: 2_000,
    switchUntilMs: 2_500,
    commitByMs: 3_000,
    state: 'open',
    ...members,
  } as TaskRecord;
}

/** A verified delivery of the primary. */
export function deliveryRecord(members: Partial<DeliveryRecord> = {}): DeliveryRecord {
  return {
    taskId: idOf('task'),
    coprocessor: testCoprocessor(1).pubkey,
    auctionId: idOf('auction'),
    role: AwardRole.primary,
    attestationRoot: idOf('attestation'),
    ciphertextRoot: idOf('ciphertext'),
    ciphertextSize: 4_124,
    keyHash: idOf('key'),
    state: 'verified',
    ...members,
  } as DeliveryRecord;
}

/** A coprocessor's award of the auction in a role. */
export function awardRecord(role: number): AwardRecord {
  return { award: { message: { role, auction_id: idOf('auction') } } } as AwardRecord;
}
