import type { HistoryQuery } from '@odf/protocol';
import { concentrationOf, indexBehind, pageOf } from './data.rules.js';

const query = (more: Partial<HistoryQuery> = {}): HistoryQuery => ({ limit: 100, order_by: '-id', ...more });
const id = `0x${'aa'.repeat(32)}` as const;

describe('pageOf', () => {
  it('hands on limit, place, direction and filters', () => {
    expect(pageOf('awards', query({ cursor: '17', order_by: 'id', auction_id: id }))).toEqual({
      limit: 100,
      after: '17',
      falling: false,
      filters: { auction_id: id },
    });
  });

  it('names a filter that the history does not have', () => {
    expect(() => pageOf('outcomes', query({ avs_id: id }))).toThrow(/query\.avs_id: outcomes/);
  });

  it.each(['', '0', '-1', '01', '1.0', 'x', '9223372036854775808', '1; drop table tasks'])(
    'refuses the cursor %p',
    (cursor) => {
      expect(() => pageOf('claims', query({ cursor }))).toThrow(expect.objectContaining({ code: 'CURSOR_INVALID' }));
    },
  );

  it('takes the largest id', () => {
    expect(pageOf('auctions', query({ cursor: '9223372036854775807' })).after).toBe('9223372036854775807');
  });
});

describe('indexBehind', () => {
  it('starts at the first item and goes on behind the cursor', () => {
    expect([indexBehind(undefined, 0), indexBehind('0', 1), indexBehind('41', 50)]).toEqual([0, 1, 42]);
  });

  it.each(['50', '-1', '00', 'x', '99999999999'])('refuses the cursor %p of 50 items', (cursor) => {
    expect(() => indexBehind(cursor, 50)).toThrow(expect.objectContaining({ code: 'CURSOR_INVALID' }));
  });
});

describe('concentrationOf', () => {
  it('is whole for a monopoly and small for many', () => {
    expect(concentrationOf([7])).toEqual({ units: 7, owners: 1, hhi: 10_000, c4_bps: 10_000 });
    expect(concentrationOf(Array.from({ length: 10 }, () => 3))).toEqual({
      units: 30,
      owners: 10,
      hhi: 1_000,
      c4_bps: 4_000,
    });
  });

  it('takes the four largest, wherever they stand', () => {
    expect(concentrationOf([1, 10, 20, 30, 39])).toEqual({ units: 100, owners: 5, hhi: 2922, c4_bps: 9_900 });
  });

  it('is zero where nothing was won', () => {
    expect(concentrationOf([])).toEqual({ units: 0, owners: 0, hhi: 0, c4_bps: 0 });
  });
});
