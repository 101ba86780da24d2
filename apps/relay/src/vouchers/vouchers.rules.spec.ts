import { OdfError, type Hex } from '@odf/protocol';
import type { StoredVoucher } from '@odf/persistence';
import { judgeVouchers } from './vouchers.rules.js';

const account = (byte: string): Hex => `0x${byte.repeat(20)}`;
const voucher = (cumulative_wei: bigint, operator = account('01')): StoredVoucher => ({
  operator,
  owner: account('0c'),
  cumulative_wei,
  signature: '0x',
  at_ms: 1,
});

describe('judgeVouchers', () => {
  it('takes rising sums, of which the last is written', () => {
    const items = [voucher(5n), voucher(9n)];
    expect(judgeVouchers(items, [voucher(4n)])).toEqual({ result: items, write: [items[1]] });
  });

  it('answers the same sum as before and refuses a lower one', () => {
    const stored = { ...voucher(5n), at_ms: 0 };
    const { result, write } = judgeVouchers([voucher(5n), voucher(4n)], [stored]);
    expect(result[0]).toBe(stored);
    expect(result[1]).toMatchObject({ code: 'VOUCHER_STALE' } satisfies Partial<OdfError>);
    expect(write).toEqual([]);
  });

  it('counts each operator for itself', () => {
    const { result } = judgeVouchers([voucher(1n, account('02'))], [voucher(5n)]);
    expect(result).toEqual([voucher(1n, account('02'))]);
  });
});
