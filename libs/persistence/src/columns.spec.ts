import type { Hex } from '@odf/protocol';
import type { ColumnOptions, ValueTransformer } from 'typeorm';
import {
  bigintColumn,
  fromBytea,
  hexColumn,
  insertMany,
  msColumn,
  toBytea,
  uint64Column,
  weiColumn,
} from './columns.js';

const transformerOf = (column: ColumnOptions): ValueTransformer => column.transformer as ValueTransformer;

describe('columns', () => {
  it('keeps hex as bytes', () => {
    const { to, from } = transformerOf(hexColumn(2));
    expect(to('0xABcd')).toEqual(Buffer.from([0xab, 0xcd]));
    expect(from(Buffer.from([0xab, 0xcd]))).toBe('0xabcd');
    expect(fromBytea(toBytea('0x'))).toBe('0x');
  });

  it.each(['0xab', '0xabcdef', '0xabc', '0xabcg', 'abcd', ''])('refuses %j where 2 bytes belong', (hex) => {
    expect(() => transformerOf(hexColumn(2)).to(hex) as unknown).toThrow(RangeError);
  });

  it.each([weiColumn(), uint64Column(), bigintColumn()])('keeps a bigint whole as $type', (column) => {
    const { to, from } = transformerOf(column);
    expect(to(2n ** 64n - 1n)).toBe('18446744073709551615');
    expect(from('18446744073709551615')).toBe(2n ** 64n - 1n);
  });

  it('keeps milliseconds as a number, and never rounds', () => {
    const { to, from } = transformerOf(msColumn());
    expect(to(1_763_800_000_000)).toBe('1763800000000');
    expect(from('1763800000000')).toBe(1_763_800_000_000);
    expect(() => from('9007199254740993') as unknown).toThrow(RangeError);
    expect(() => to(0.5) as unknown).toThrow(RangeError);
  });

  it.each([hexColumn(2), weiColumn(), msColumn()])('passes null through', (column) => {
    const { to, from } = transformerOf(column);
    expect([to(null), to(undefined), from(null)]).toEqual([null, undefined, null]);
  });
});

describe('insertMany', () => {
  const refuse = { query: () => Promise.reject(new Error('asked the database')) };

  it('writes one statement whose text does not depend on the number of rows', async () => {
    const asked: unknown[][] = [];
    const runner = { query: (...question: unknown[]) => Promise.resolve(asked.push(question) && []) };
    for (const ids of [['0x01'], ['0x01', '0x02']] as Hex[][]) {
      const columns = {
        id: { type: 'bytea', values: ids },
        at: { type: 'bigint', values: ids.map(() => 7n) },
      } as const;
      await insertMany(runner, 'bids', columns, { onConflict: 'do nothing', returning: ['id'] });
    }
    const text =
      'insert into "bids" ("id", "at") select * from unnest($1::bytea[], $2::bigint[]) on conflict do nothing returning "id"';
    expect(asked.map(([sql]) => sql)).toEqual([text, text]);
  });

  it('asks nothing for no rows', async () => {
    await expect(insertMany(refuse, 'bids', { id: { type: 'bytea', values: [] } })).resolves.toEqual([]);
  });

  it('refuses columns of different lengths, none at all, and bytes that are not hex', async () => {
    const ragged = { a: { type: 'bigint', values: [1, 2] }, b: { type: 'bigint', values: [1] } } as const;
    await expect(insertMany(refuse, 'bids', ragged)).rejects.toThrow('b has 1 of 2');
    await expect(insertMany(refuse, 'bids', {})).rejects.toThrow(RangeError);
    await expect(insertMany(refuse, 'bids', { id: { type: 'bytea', values: ['0xzz'] } })).rejects.toThrow(RangeError);
  });
});
