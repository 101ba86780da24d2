import type { StoredDelegation } from '@odf/persistence';
import type { Hex } from '@odf/protocol';
import { SignerCache } from './signer-cache.js';

const a: Hex = `0x${'a1'.repeat(32)}`;
const b: Hex = `0x${'b2'.repeat(32)}`;

function delegation(validator_root: Hex, nonce: bigint): StoredDelegation {
  const key: Hex = `0x${'d1'.repeat(48)}`;
  const signature: Hex = `0x${'00'.repeat(96)}`;
  return {
    validator_root,
    validator: key,
    delegate: key,
    valid_until: 2_000n,
    nonce,
    delegation_root: validator_root,
    signature,
    possession: signature,
    at_ms: 0,
  };
}

function cacheOver(stored: Map<Hex, StoredDelegation>) {
  const asked: Hex[][] = [];
  const cache = new SignerCache(async (roots) => {
    asked.push([...roots]);
    return roots.flatMap((root) => stored.get(root) ?? []);
  });
  return { cache, asked };
}

describe('SignerCache', () => {
  it('asks once for those with and without a delegation', async () => {
    const { cache, asked } = cacheOver(new Map([[a, delegation(a, 1n)]]));
    for (let round = 0; round < 2; round++) expect([...(await cache.find([a, b], 0)).keys()]).toEqual([a]);
    expect(asked).toEqual([[a, b]]);
  });

  it('asks again for what it was told to forget, and for all after a while', async () => {
    const { cache, asked } = cacheOver(new Map());
    await cache.find([a, b], 0);
    cache.forget([b]);
    await cache.find([a, b], 0);
    await cache.find([a, b], 5_001);
    expect(asked).toEqual([[a, b], [b], [a, b]]);
  });

  it('does not keep what it read while something changed', async () => {
    const stored = new Map([[a, delegation(a, 1n)]]);
    const { cache } = cacheOver(stored);
    const reading = cache.find([a], 0);
    cache.forget([a]);
    await reading;
    stored.set(a, delegation(a, 2n));
    expect((await cache.find([a], 0)).get(a)?.nonce).toBe(2n);
  });
});
