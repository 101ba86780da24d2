import { OdfError, type Hex } from '@odf/protocol';
import type { StoredDelegation } from '@odf/persistence';
import { judgeDelegations } from './delegations.rules.js';

const nowMs = 1_000_000;
const root = (byte: string): Hex => `0x${byte.repeat(32)}`;
const key = (byte: string): Hex => `0x${byte.repeat(48)}`;

function delegation(more: Partial<StoredDelegation> = {}): StoredDelegation {
  const signature: Hex = `0x${'00'.repeat(96)}`;
  const base = {
    validator_root: root('a1'),
    validator: key('a1'),
    delegate: key('d1'),
    valid_until: 2_000n,
    nonce: 1n,
    signature,
    possession: signature,
    at_ms: nowMs,
    ...more,
  };
  const content = `${base.validator_root}${base.delegate}${base.valid_until}${base.nonce}`;
  return { delegation_root: `0x${Buffer.from(content).toString('hex')}`, ...base };
}

const none = { delegations: [], owners: [] };
const serving = { delegate: key('d1'), validator_root: root('a1') };
const codes = (result: (StoredDelegation | OdfError)[]) =>
  result.map((answer) => (answer instanceof OdfError ? answer.code : 'good'));

describe('judgeDelegations', () => {
  it('writes a first delegation and binds the delegate', () => {
    const first = delegation();
    expect(judgeDelegations([first], none, nowMs)).toEqual({ result: [first], write: [first], serve: [serving] });
  });

  it('answers an identical repeat as before', () => {
    const stored = delegation({ at_ms: 1 });
    const known = { delegations: [stored], owners: [serving] };
    expect(judgeDelegations([delegation()], known, nowMs)).toEqual({ result: [stored], write: [], serve: [] });
  });

  it('refuses the same nonce with other content, and a lower one', () => {
    const known = { delegations: [delegation({ nonce: 3n })], owners: [serving] };
    const items = [delegation({ nonce: 3n, delegate: key('d2') }), delegation({ nonce: 2n })];
    expect(codes(judgeDelegations(items, known, nowMs).result)).toEqual([
      'DELEGATION_NONCE_STALE',
      'DELEGATION_NONCE_STALE',
    ]);
  });

  it('keeps a delegate from a second validator, even after its first one has replaced it', () => {
    const items = [
      delegation(),
      delegation({ nonce: 2n, delegate: key('d2') }),
      delegation({ validator_root: root('b2'), validator: key('b2') }),
    ];
    expect(codes(judgeDelegations(items, none, nowMs).result)).toEqual(['good', 'good', 'DELEGATION_DELEGATE_TAKEN']);
  });

  it('revokes by valid_until in the past, which binds no delegate', () => {
    const revocation = delegation({ nonce: 2n, valid_until: 1_000n, delegate: key('d9') });
    const known = { delegations: [delegation()], owners: [serving] };
    expect(judgeDelegations([revocation], known, nowMs)).toEqual({
      result: [revocation],
      write: [revocation],
      serve: [],
    });
  });
});
