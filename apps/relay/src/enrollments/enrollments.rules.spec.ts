import { OdfError, type Hex, type TrustPolicy } from '@odf/protocol';
import type { StoredEnrollment } from '@odf/persistence';
import { judgeEnrollments, policyFault, stateByTime } from './enrollments.rules.js';

const nowMs = 1_000_000_500;
const nowSeconds = 1_000_000n;
const root = (byte: string): Hex => `0x${byte.repeat(32)}`;
const operator = (byte: string): Hex => `0x${byte.repeat(20)}`;

function enrollment(more: Partial<StoredEnrollment> = {}): StoredEnrollment {
  const validator: Hex = `0x${'a1'.repeat(48)}`;
  const signature: Hex = `0x${'00'.repeat(96)}`;
  const base = {
    validator_root: root('a1'),
    avs_id: root('af'),
    validator,
    operator: operator('01'),
    policy: new Uint8Array(),
    policy_root: root('99'),
    valid_from: nowSeconds - 10n,
    valid_until: nowSeconds + 10n,
    nonce: 1n,
    signature,
    operator_signature: '0x' as Hex,
    exited: false,
    at_ms: nowMs,
    ...more,
  };
  const content = `${base.validator_root}${base.operator}${base.valid_from}${base.valid_until}${base.nonce}`;
  return { enrollment_root: `0x${Buffer.from(content).toString('hex')}`, ...base };
}

const other = (more: Partial<StoredEnrollment> = {}) => enrollment({ validator_root: root('b2'), ...more });
const codes = (result: (StoredEnrollment | OdfError)[]) =>
  result.map((answer) => (answer instanceof OdfError ? answer.code : 'good'));

describe('judgeEnrollments', () => {
  it('writes a first enrollment', () => {
    expect(judgeEnrollments([enrollment()], [], nowMs)).toEqual({ result: [enrollment()], write: [enrollment()] });
  });

  it('answers an identical repeat as before and writes nothing', () => {
    const stored = enrollment({ at_ms: 1 });
    expect(judgeEnrollments([enrollment()], [stored], nowMs)).toEqual({ result: [stored], write: [] });
  });

  it.each([
    ['the same nonce with other content', { nonce: 5n, operator: operator('02') }],
    ['a lower nonce', { nonce: 4n }],
  ])('refuses %s', (_, more) => {
    const { result, write } = judgeEnrollments([enrollment(more)], [enrollment({ nonce: 5n })], nowMs);
    expect(codes(result)).toEqual(['ENROLLMENT_NONCE_STALE']);
    expect(write).toEqual([]);
  });

  it('lets a known validator exit by a higher nonce, whatever its valid_from', () => {
    const exit = enrollment({ nonce: 2n, valid_until: 0n });
    const { result, write } = judgeEnrollments([exit], [enrollment()], nowMs);
    expect(codes(result)).toEqual(['good']);
    expect(write).toEqual([{ ...exit, exited: true }]);
  });

  it('refuses what is over at once of an unknown validator, and what ends before it begins', () => {
    const over = enrollment({ valid_until: nowSeconds });
    const reversed = other({ valid_from: nowSeconds + 5n, valid_until: nowSeconds + 5n });
    expect(codes(judgeEnrollments([over, reversed], [], nowMs).result)).toEqual([
      'ENROLLMENT_EXPIRED',
      'ENROLLMENT_EXPIRED',
    ]);
  });

  it('gives an operator to one validator of an AVS', () => {
    const { result, write } = judgeEnrollments([enrollment(), other(), other({ avs_id: root('ae') })], [], nowMs);
    expect(codes(result)).toEqual(['good', 'ENROLLMENT_OPERATOR_TAKEN', 'good']);
    expect(write).toHaveLength(2);
  });

  it('lets an enrollment that is over give way', () => {
    const over = enrollment({ valid_until: nowSeconds });
    const { result, write } = judgeEnrollments([other()], [over], nowMs);
    expect(codes(result)).toEqual(['good']);
    expect(write).toEqual([{ ...over, exited: true }, other()]);
  });

  it('sees what earlier items of the batch changed', () => {
    const exit = enrollment({ nonce: 2n, valid_until: 1n });
    expect(codes(judgeEnrollments([other(), exit, other({ nonce: 2n })], [enrollment()], nowMs).result)).toEqual([
      'ENROLLMENT_OPERATOR_TAKEN',
      'good',
      'good',
    ]);
    const moved = enrollment({ nonce: 2n, operator: operator('02') });
    expect(codes(judgeEnrollments([moved, other()], [enrollment()], nowMs).result)).toEqual(['good', 'good']);
  });
});

describe('stateByTime', () => {
  it('knows the first and the last second of an enrollment', () => {
    const at = (valid_from: bigint, valid_until: bigint) =>
      stateByTime({ valid_from, valid_until, exited: false }, nowMs)?.state;
    expect(at(nowSeconds, nowSeconds + 1n)).toBeUndefined();
    expect(at(nowSeconds + 1n, nowSeconds + 2n)).toBe('pending');
    expect(at(0n, nowSeconds)).toBe('exited');
    expect(stateByTime(enrollment({ exited: true }), nowMs)?.state).toBe('exited');
  });
});

describe('policyFault', () => {
  const tier = {
    collateral: { kind: 3, assets: [], cover_bps: 9_000 },
    min_reputation_bps: 10_000,
    assurance: 3,
    discount_bps: 0,
  };
  const policy = (more: Partial<TrustPolicy> = {}): TrustPolicy => ({
    max_fee_share_bps: 10_000,
    max_fee_wei: 0n,
    slashable_wei: 0n,
    tiers: [tier],
    allow: [],
    deny: [],
    ...more,
  });

  it('takes a policy at every limit', () => {
    expect(policyFault(policy())).toBeNull();
  });

  it.each([
    ['no tier', { tiers: [] }, 'no tier'],
    ['a share above 100 %', { max_fee_share_bps: 10_001 }, 'max_fee_share_bps'],
    [
      'an unknown kind',
      { tiers: [{ ...tier, collateral: { ...tier.collateral, kind: 4 } }] },
      'tiers.0.collateral.kind',
    ],
    [
      'too much cover',
      { tiers: [tier, { ...tier, collateral: { ...tier.collateral, cover_bps: 9_001 } }] },
      'tiers.1.',
    ],
    ['an impossible reputation', { tiers: [{ ...tier, min_reputation_bps: 10_001 }] }, 'min_reputation_bps'],
    ['unknown assurance', { tiers: [{ ...tier, assurance: 4 }] }, 'assurance'],
    ['a discount above 100 %', { tiers: [{ ...tier, discount_bps: 10_001 }] }, 'discount_bps'],
  ])('refuses %s by name', (_, more, name) => {
    expect(policyFault(policy(more))).toContain(name);
  });
});
