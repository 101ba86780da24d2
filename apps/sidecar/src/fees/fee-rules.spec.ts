import type { Hex } from '@odf/protocol';
import type { FeeRecord } from '../settlement-records.js';
import { judgeByAnswer, judgeByChain, UNANSWERED_AFTER_MS } from './fee-rules.js';

const digest: Hex = `0x${'d1'.repeat(32)}`;
const other: Hex = `0x${'d2'.repeat(32)}`;
const fee = { digest, deadline_ms: 1_000, challenge_ms: 500, kept_at_ms: 900 } as FeeRecord;

describe('judgeByChain', () => {
  it.each([
    ['is exposed while a challenge may come', { digest, final: false }, 10 ** 12, 'exposed'],
    ['is due for the attested response', { digest, final: true }, 0, 'due'],
    ['is void for another response', { digest: other, final: true }, 0, 'void'],
    ['is exposed while a response may show', null, 1_500 + UNANSWERED_AFTER_MS, 'exposed'],
    ['is void when none showed', null, 1_501 + UNANSWERED_AFTER_MS, 'void'],
  ])('%s', (_, accepted, now, state) => {
    expect(judgeByChain(fee, accepted, now).state).toBe(state);
  });
});

describe('judgeByAnswer', () => {
  it.each([
    ['waits for the challenge window', 'accepted' as const, 1_399, 'exposed'],
    ['is due after it', 'accepted' as const, 1_400, 'due'],
    ['is void when rejected', 'rejected' as const, 0, 'void'],
    ['waits for an answer', undefined, 1_000 + UNANSWERED_AFTER_MS, 'exposed'],
    ['is void when none came', undefined, 1_001 + UNANSWERED_AFTER_MS, 'void'],
  ])('%s', (_, answer, now, state) => {
    expect(judgeByAnswer(fee, answer, now).state).toBe(state);
  });
});
