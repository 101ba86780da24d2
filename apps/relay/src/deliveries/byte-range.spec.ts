import { OdfError } from '@odf/protocol';
import fc from 'fast-check';
import { byteRange } from './byte-range.js';

const WHOLE = undefined;
const REFUSED = 'RANGE_NOT_SATISFIABLE';

function rangeOf(header: string | undefined, size = 10): unknown {
  try {
    return byteRange(header, size);
  } catch (error) {
    if (error instanceof OdfError) return error.code;
    throw error;
  }
}

it.each<[string | undefined, unknown]>([
  [undefined, WHOLE],
  ['bytes=0-', { from: 0, to: 9 }],
  ['bytes=0-0', { from: 0, to: 0 }],
  ['bytes=3-5', { from: 3, to: 5 }],
  ['Bytes = 3 - 5', { from: 3, to: 5 }],
  ['bytes=9-', { from: 9, to: 9 }],
  ['bytes=3-99999999999999999999999', { from: 3, to: 9 }],
  ['bytes=-1', { from: 9, to: 9 }],
  ['bytes=-10', { from: 0, to: 9 }],
  ['bytes=-99', { from: 0, to: 9 }],
  ['bytes=10-', REFUSED],
  ['bytes=10-12', REFUSED],
  ['bytes=99999999999999999999999-', REFUSED],
  ['bytes=-0', REFUSED],
  ['bytes=5-3', WHOLE],
  ['bytes=-', WHOLE],
  ['bytes=', WHOLE],
  ['bytes=0-1,3-4', WHOLE],
  ['lines=0-1', WHOLE],
  ['bytes=a-b', WHOLE],
  ['bytes=0x1-2', WHOLE],
  ['', WHOLE],
])('reads %p', (header, range) => {
  expect(rangeOf(header)).toEqual(range);
});

it('finds no range in nothing', () => {
  expect(['bytes=0-', 'bytes=-1'].map((header) => rangeOf(header, 0))).toEqual([REFUSED, REFUSED]);
});

it('never answers with bytes outside the content, whatever is asked', () => {
  const headers = fc.oneof(
    fc.string(),
    fc.tuple(fc.nat(99), fc.nat(99)).map(([a, b]) => `bytes=${a}-${b}`),
  );
  fc.assert(
    fc.property(headers, fc.nat(50), (header, size) => {
      const range = rangeOf(header, size);
      if (range === WHOLE || range === REFUSED) return;
      const { from, to } = range as { from: number; to: number };
      expect(from).toBeGreaterThanOrEqual(0);
      expect(to).toBeGreaterThanOrEqual(from);
      expect(to).toBeLessThan(size);
    }),
  );
});
