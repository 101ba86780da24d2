import { OdfError } from '@odf/protocol';
import type { StoredVoucher } from '@odf/persistence';

/** The vouchers of a batch, judged: one answer each, and the rows to write. */
export interface Judgement {
  result: (StoredVoucher | OdfError)[];
  write: StoredVoucher[];
}

/** Judges vouchers whose signatures hold, in their order: sums only rise, the same sum again gets the same answer. */
export function judgeVouchers(items: readonly StoredVoucher[], known: readonly StoredVoucher[]): Judgement {
  const highest = new Map(known.map((row) => [placeOf(row), row]));
  const write = new Map<string, StoredVoucher>();
  const result = items.map((item) => {
    const before = highest.get(placeOf(item));
    if (before && item.cumulative_wei < before.cumulative_wei) return new OdfError('VOUCHER_STALE');
    if (before?.cumulative_wei === item.cumulative_wei) return before;
    highest.set(placeOf(item), item);
    write.set(placeOf(item), item);
    return item;
  });
  return { result, write: [...write.values()] };
}

function placeOf({ owner, operator }: StoredVoucher): string {
  return owner + operator;
}
