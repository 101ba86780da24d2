import { OdfError, type Hex, type SignedValidatorRegistrationV1 } from '@odf/protocol';
import { newest, sift } from './registrations.rules.js';

const pubkey: Hex = `0x${'a1'.repeat(48)}`;

function registration(timestamp: bigint, gas_limit = 30_000_000n): SignedValidatorRegistrationV1 {
  const fee_recipient: Hex = `0x${'fe'.repeat(20)}`;
  return { message: { fee_recipient, gas_limit, timestamp, pubkey }, signature: `0x${'00'.repeat(96)}` };
}

const known = new Map([[pubkey, registration(100n).message]]);
const verdict = (item: SignedValidatorRegistrationV1, nowMs = 1_000_000) => {
  const answer = sift(item, known, nowMs);
  return answer instanceof OdfError ? answer.code : answer;
};

describe('sift', () => {
  it.each([
    ['an identical one', registration(100n), 'unchanged'],
    ['a later one', registration(101n), 'new'],
    ['other content of the same second', registration(100n, 1n), 'new'],
    ['an older one', registration(99n), 'REGISTRATION_STALE'],
    ['the last timestamp that may lie ahead', registration(1_010n), 'new'],
    ['a timestamp further ahead', registration(1_011n), 'REGISTRATION_TIMESTAMP_INVALID'],
  ])('judges %s', (_, item, expected) => {
    expect(verdict(item)).toBe(expected);
  });
});

describe('newest', () => {
  it('keeps the last of the newest of each validator and names those that came too late', () => {
    const items = [registration(5n), registration(7n), registration(6n), registration(7n, 1n)];
    expect(newest(items)).toEqual({ write: [items[3]], stale: new Set([2]) });
  });
});
