import { OutcomeStatus, type Hex } from '@odf/protocol';
import type { StoredOutcome } from '@odf/persistence';
import { isStatus, judgeOutcomes, reputationKindOf } from './outcomes.rules.js';

const root = (byte: string): Hex => `0x${byte.repeat(32)}`;
const outcome = (seq: bigint, status: number = OutcomeStatus.accepted, task = 'aa'): StoredOutcome => ({
  task_id: root(task),
  validator: `0x${'a1'.repeat(48)}`,
  status,
  response_digest: root('00'),
  reference: root('00'),
  seq,
  outcome_root: `0x${task}${seq.toString().padStart(2, '0')}${status.toString().padStart(2, '0')}`,
  signature: `0x${'00'.repeat(96)}`,
  at_ms: 1,
});

describe('judgeOutcomes', () => {
  it('takes rising sequences, of which the last is written', () => {
    const items = [outcome(1n, 1), outcome(2n)];
    expect(judgeOutcomes(items, [])).toEqual({ result: items, write: [items[1]] });
  });

  it('answers an identical repeat and refuses the same seq with other content, and a lower one', () => {
    const stored = { ...outcome(5n), at_ms: 0 };
    const { result, write } = judgeOutcomes([outcome(5n), outcome(5n, 3), outcome(4n)], [stored]);
    expect(result[0]).toBe(stored);
    expect(result.slice(1)).toMatchObject([{ code: 'OUTCOME_SEQ_STALE' }, { code: 'OUTCOME_SEQ_STALE' }]);
    expect(write).toEqual([]);
  });

  it('counts each task for itself', () => {
    expect(judgeOutcomes([outcome(1n, 2, 'bb')], [outcome(5n)]).write).toHaveLength(1);
  });
});

describe('isStatus', () => {
  it('knows 1 to 6', () => {
    expect([0, 1, 6, 7].map(isStatus)).toEqual([false, true, true, false]);
  });
});

describe('reputationKindOf', () => {
  it('says nothing of the coprocessor for what the validator did alone', () => {
    expect([1, 2, 3, 4, 5, 6].map(reputationKindOf)).toEqual([
      null,
      'outcome_accepted',
      'outcome_rejected',
      'outcome_slashed',
      null,
      'payload_invalid_reported',
    ]);
  });
});
