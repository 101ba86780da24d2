import type { Hex } from '@odf/protocol';
import { isEnrolled, tasksOf, type SidecarStatus } from './sidecar-view.js';

const id = (digit: string): Hex => `0x${digit.repeat(64)}`;
const status: SidecarStatus = {
  claims: [],
  enrollments: [
    { avs_id: id('1'), state: 'live' },
    { avs_id: id('2'), state: 'pending', reason: 'stake' },
  ],
  tasks: [
    { task_id: id('a'), step: 'done', times: { waiting: 1, verified: 2, signed: 3 }, signed: true, refusals: [] },
    { task_id: id('b'), step: 'refused', times: { waiting: 1 }, signed: false, refusals: [{ code: 'ROOT_MISMATCH' }] },
  ],
};

describe('the view of a sidecar', () => {
  it('is enrolled only where its enrollment is live', () => {
    expect(isEnrolled(status, [id('1')])).toBe(true);
    expect(isEnrolled(status, [id('1'), id('2')])).toBe(false);
    expect(isEnrolled(status, [id('3')])).toBe(false);
  });

  it('says how far each task got, and why no further', () => {
    expect(tasksOf(status).get(id('a'))).toEqual({ step: 'done', verified: true, signed: true, problem: undefined });
    expect(tasksOf(status).get(id('b'))).toMatchObject({ verified: false, signed: false, problem: 'ROOT_MISMATCH' });
  });
});
