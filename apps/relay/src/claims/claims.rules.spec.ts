import type { StoredClaim } from '@odf/persistence';
import type { MirrorStates } from '@odf/settlement';
import { stringToHex } from 'viem';
import { isFinal, isNews, isPending, progressOf, slashBlockOf, subjectOf } from './claims.rules.js';

const step = (standing: MirrorStates['claim']['steps'][number]['standing'], at: bigint) => ({
  ...({ standing, at, transaction: '0x01', block_number: at } as const),
});
const claim = (members: Partial<MirrorStates['claim']> = {}): MirrorStates['claim'] => ({
  standing: 'filed',
  line_id: '0x02',
  operator: '0x03',
  task_id: '0x04',
  amount: 9n,
  paid: 0n,
  restored: 0n,
  finalisable_at: 700n,
  reason: null,
  steps: [step('filed', 100n)],
  ...members,
});

describe('progressOf', () => {
  it('tells windows in milliseconds, of the newest filing', () => {
    const steps = [step('filed', 100n), step('vetoed', 150n), step('filed', 200n)];
    expect(progressOf(claim({ steps }))).toEqual({
      ...{ state: 'filed', amount_wei: 9n, paid_wei: 0n, reason: null },
      ...{ filed_at_ms: 200_000n, finalisable_at_ms: 700_000n },
    });
  });

  it('takes a claim that was upheld for one that waits', () => {
    expect(progressOf(claim({ standing: 'resolved' })).state).toBe('filed');
  });

  it('writes short reasons as text, hashes as they are', () => {
    const refuted = stringToHex('refuted', { size: 32 });
    expect(progressOf(claim({ standing: 'rejected', reason: refuted })).reason).toBe('refuted');
    const hash = `0x${'c3'.repeat(32)}` as const;
    expect(progressOf(claim({ standing: 'vetoed', reason: hash })).reason).toBe(hash);
  });

  it('takes the first veto for one that may be answered, and the second for the end', () => {
    const once = [step('filed', 100n), step('vetoed', 150n)];
    expect(progressOf(claim({ standing: 'vetoed', steps: once })).state).toBe('vetoed');
    const twice = [...once, step('filed', 200n), step('vetoed', 250n)];
    expect(progressOf(claim({ standing: 'vetoed', steps: twice })).state).toBe('rejected');
  });
});

it('tells news from what is known', () => {
  const progress = progressOf(claim());
  expect(isNews({ ...progress } as StoredClaim, progress)).toBe(false);
  expect(isNews({ ...progress, paid_wei: 1n } as StoredClaim, progress)).toBe(true);
});

it('knows what is over, and what may still be paid', () => {
  const states = ['queued', 'filed', 'disputed', 'finalised', 'rejected', 'vetoed', 'failed'] as const;
  expect(states.filter(isFinal)).toEqual(['finalised', 'rejected', 'failed']);
  const standings = ['filed', 'disputed', 'resolved', 'finalised', 'rejected', 'vetoed'] as const;
  const steps = [step('filed', 100n), step('vetoed', 150n)];
  const pending = (all: typeof steps) => standings.filter((standing) => isPending({ standing, steps: all }));
  expect(pending(steps)).toEqual(['filed', 'disputed', 'resolved', 'vetoed']);
  expect(pending([...steps, ...steps])).toEqual(['filed', 'disputed', 'resolved']);
});

it('names the slashes of a block on a line, and reads the name', () => {
  const block = { lineId: '0xcd', blockNumber: 7n } as const;
  expect(slashBlockOf(subjectOf(block))).toEqual(block);
});
