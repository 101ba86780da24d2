import { report, reportText, type ReportRow } from './report.js';

const row = (change: Partial<ReportRow>): ReportRow => ({
  task: '1/2',
  task_id: '0x01',
  validator: 'validator-1',
  coprocessor: 'coprocessor-1',
  fee_wei: 100n,
  reward_wei: 1000n,
  verified: true,
  signed: true,
  accepted: true,
  ...change,
});

describe('report', () => {
  it('adds up fees and what is left of the rewards', () => {
    const { ok, coprocessors, validators } = report([row({}), row({ validator: 'validator-2' }), row({ task: '2/2' })]);
    expect(ok).toBe(true);
    expect(coprocessors).toEqual([{ name: 'coprocessor-1', tasks: 3, earned_wei: 300n }]);
    expect(validators).toEqual([
      { name: 'validator-1', tasks: 2, earned_wei: 1800n },
      { name: 'validator-2', tasks: 1, earned_wei: 900n },
    ]);
  });

  it('owes nobody for what a validator computed itself', () => {
    const { coprocessors, validators } = report([row({ coprocessor: null, fee_wei: 0n })]);
    expect(coprocessors).toEqual([]);
    expect(validators[0]).toMatchObject({ earned_wei: 1000n });
  });

  it.each(['verified', 'signed', 'accepted'] as const)('is not well when one was not %s', (member) => {
    expect(report([row({}), row({ [member]: false })]).ok).toBe(false);
  });

  it('is not well when nothing was awarded', () => {
    expect(report([]).ok).toBe(false);
  });

  it('pays nobody for what was not accepted, and shows why', () => {
    const refused = report([row({ accepted: false, problem: 'RESULT_WRONG' })]);
    expect(refused.coprocessors[0]).toMatchObject({ tasks: 0, earned_wei: 0n });
    expect(reportText(refused)).toMatch(/NO +RESULT_WRONG/);
  });
});
