import type { AwardRecord } from './records.js';
import { readStatus } from './status.js';

describe('the status of a sidecar', () => {
  it('shows no refusal whose evidence it had not yet read', async () => {
    const awards: AwardRecord[] = [];
    const list = (async () => {
      awards.push({
        relay: '0x01',
        validator: '0x02',
        at_ms: 1,
        refusal: { code: 'AWARD_EQUIVOCATION', message: 'two awards' },
        proof: { award: { message: {} }, leaf: {} },
      } as unknown as AwardRecord);
      return [];
    }) as Parameters<typeof readStatus>[0]['store']['list'];

    const status = await readStatus({
      sessions: [],
      validators: [],
      awards: { all: () => [...awards] },
      tasks: { records: () => [] },
      store: { list },
      differences: [],
    });

    expect(awards).not.toEqual([]);
    expect(status).toMatchObject({ awards: [], evidence: [] });
  });
});
