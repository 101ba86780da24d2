import { OdfError, sha256, zeroHex, type Attestation, type Delivery } from '@odf/protocol';
import { awardRecord, idOf, taskRecord } from '../../test/records.js';
import { assertPayload, assertTask, assertTimes, deliverBy } from './delivery.rules.js';

const result = new Uint8Array([1, 2]);
const witness = new Uint8Array([3, 4, 5]);
const NOW = 1_500;
const TAIL = 100;

function attestation(members: Partial<Attestation> = {}): Attestation {
  return {
    line_id: zeroHex(32),
    auction_id: idOf('auction'),
    task_id: idOf('task'),
    award_root: idOf('award'),
    input_root: idOf('input'),
    result_root: sha256(result),
    witness_root: sha256(witness),
    response_digest: idOf('digest'),
    salt: zeroHex(32),
    issued_at_ms: 1_000n,
    expires_at_ms: 2_000n,
    seq: 1n,
    ...members,
  };
}

function codeOf(work: () => void): string {
  try {
    work();
    return 'accepted';
  } catch (error) {
    if (error instanceof OdfError) return error.code;
    throw error;
  }
}

const limits = { resultBytes: 2, witnessBytes: 3 };
const delivery: Delivery = { message: attestation(), signature: zeroHex(96), result, witness };

it.each<[string, Partial<Delivery>, typeof limits, string]>([
  ['the attested bytes at exactly the limits', {}, limits, 'accepted'],
  ['a result past its limit', {}, { ...limits, resultBytes: 1 }, 'DELIVERY_TOO_LARGE'],
  ['a witness past its limit', {}, { ...limits, witnessBytes: 2 }, 'DELIVERY_TOO_LARGE'],
  ['another result', { result: new Uint8Array([1, 3]) }, limits, 'DELIVERY_PAYLOAD_MISMATCH'],
  ['another witness', { witness: new Uint8Array() }, limits, 'DELIVERY_PAYLOAD_MISMATCH'],
])('assertPayload judges %s', (_, members, allowed, verdict) => {
  expect(codeOf(() => assertPayload({ ...delivery, ...members }, allowed))).toBe(verdict);
});

it.each([
  ['its task', {}, {}, 'accepted'],
  ['a task of another auction', {}, { auctionId: idOf('other') }, 'DELIVERY_TASK_MISMATCH'],
  ['a task that no term has taken', { auction_id: zeroHex(32) }, { auctionId: null }, 'DELIVERY_TASK_MISMATCH'],
  ['another input', { input_root: idOf('other') }, {}, 'DELIVERY_INPUT_MISMATCH'],
])('assertTask judges %s', (_, members, task, verdict) => {
  expect(codeOf(() => assertTask(attestation(members), taskRecord(task)))).toBe(verdict);
});

it.each([
  ['the moment the task was made', { issued_at_ms: 900n }, 'accepted'],
  ['a moment before it', { issued_at_ms: 899n }, 'DELIVERY_TIMES_INVALID'],
  ['2 s ahead of the relay', { issued_at_ms: 3_500n, expires_at_ms: 3_600n }, 'accepted'],
  ['more than that', { issued_at_ms: 3_501n, expires_at_ms: 9_000n }, 'DELIVERY_TIMES_INVALID'],
  ['an end exactly behind the claim tail', { expires_at_ms: 1_100n }, 'accepted'],
  ['an end within it', { expires_at_ms: 1_099n }, 'DELIVERY_TIMES_INVALID'],
  ['an end before the beginning', { expires_at_ms: 0n }, 'DELIVERY_TIMES_INVALID'],
  ['an end without end', { expires_at_ms: 2n ** 64n - 1n }, 'accepted'],
  ['a beginning without end', { issued_at_ms: 2n ** 64n - 1n }, 'DELIVERY_TIMES_INVALID'],
])('assertTimes judges %s', (_, members, verdict) => {
  expect(codeOf(() => assertTimes(attestation(members), taskRecord(), NOW, TAIL))).toBe(verdict);
});

it('gives a standby the grace behind the primary', () => {
  expect([0, 1].map((role) => deliverBy(taskRecord(), awardRecord(role)))).toEqual([2_000, 2_500]);
});
