import { OdfError, type Commitment } from '@odf/protocol';
import type { ValidatorAward } from '../awards/awards.service.js';
import { deliveryRecord, idOf, taskRecord } from '../../test/records.js';
import { assertInTime, assertMatches, keyMayLeave } from './commitment.rules.js';

const award = { leaf: { fee_wei: 7n } } as ValidatorAward;
const commitment: Commitment = {
  auction_id: idOf('auction'),
  task_id: idOf('task'),
  coprocessor: deliveryRecord().coprocessor,
  attestation_root: idOf('attestation'),
  fee_wei: 7n,
};

function refusalOf(work: () => void): OdfError | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    if (error instanceof OdfError) return error;
    throw error;
  }
}

describe('assertMatches', () => {
  it('takes exactly what header and award call for', () => {
    expect(refusalOf(() => assertMatches(commitment, award, deliveryRecord()))).toBeUndefined();
  });

  it.each<[keyof Commitment, Partial<Commitment>]>([
    ['auction_id', { auction_id: idOf('other') }],
    ['attestation_root', { attestation_root: idOf('other') }],
    ['fee_wei', { fee_wei: 6n }],
    ['fee_wei', { fee_wei: 8n }],
  ])('names the member that is wrong: %s', (member, members) => {
    const refusal = refusalOf(() => assertMatches({ ...commitment, ...members }, award, deliveryRecord()));
    expect(refusal?.code).toBe('COMMITMENT_MISMATCH');
    expect(refusal?.message).toContain(member);
  });

  it.each([null, deliveryRecord({ state: 'received' }), deliveryRecord({ state: 'refused' })])(
    'takes none before there is a verified delivery (%#)',
    (delivery) => {
      expect(refusalOf(() => assertMatches(commitment, award, delivery))?.code).toBe('COMMITMENT_NO_HEADER');
    },
  );
});

describe('assertInTime', () => {
  it.each([
    [1_000, undefined],
    [3_000, undefined],
    [3_001, 'COMMITMENT_TOO_LATE'],
  ])('judges %d', (nowMs, code) => {
    expect(refusalOf(() => assertInTime(taskRecord(), nowMs))?.code).toBe(code);
  });
});

describe('keyMayLeave', () => {
  it.each([
    ['before anybody else can be on time', { awarded: 2, verified: 1 }, 1_999, false],
    ['as soon as all primaries are verified', { awarded: 2, verified: 2 }, 1_000, true],
    ['not in the last millisecond of the delivery window', { awarded: 2, verified: 0 }, 2_000, false],
    ['once the delivery window is over', { awarded: 2, verified: 0 }, 2_001, true],
  ])('%s', (_, primaries, nowMs, leaves) => {
    expect(keyMayLeave(taskRecord(), primaries, nowMs)).toBe(leaves);
  });
});
