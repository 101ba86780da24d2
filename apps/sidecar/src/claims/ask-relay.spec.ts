import { RelayError } from '@odf/client';
import type { ClaimRecord } from '../settlement-records.js';
import { followRelay } from './ask-relay.js';
import type { ClaimDeps } from './claim-deps.js';

const PATIENCE_MS = 1_000;
const claim = { relay: '0x01', claim_id: '0x02', asked_at_ms: 0, seen_at_ms: 0 } as unknown as ClaimRecord;

function depsAt(nowMs: number, refusal: RelayError): ClaimDeps {
  const session = { isUsable: true, client: { data: () => Promise.reject(refusal) } };
  return {
    sessions: new Map([['0x01', session]]),
    clock: { nowMs: () => nowMs },
    relayPatienceMs: PATIENCE_MS,
    signal: new AbortController().signal,
  } as unknown as ClaimDeps;
}

describe('a claim at a relay', () => {
  it.each([
    ['waits for confirmations', 'CLAIM_SLASH_UNCONFIRMED', 409],
    ['is away', 'NETWORK_FAILED', undefined],
  ])('stays there while the relay %s and there is patience', async (_, code, status) => {
    const refusal = new RelayError(code, 'not yet', { status });
    expect(await followRelay(claim, depsAt(PATIENCE_MS - 1, refusal))).toEqual({ reason: `${code}: not yet` });
    expect(await followRelay(claim, depsAt(PATIENCE_MS, refusal))).toMatchObject({ step: 'filing' });
  });

  it.each([
    ['CLAIM_REFUSED', 409],
    ['CLAIM_UNAVAILABLE', 503],
  ])('is filed here at once after %s', async (code, status) => {
    const refusal = new RelayError(code, 'no', { status });
    expect(await followRelay(claim, depsAt(0, refusal))).toEqual({ step: 'filing', reason: `${code}: no` });
  });
});
