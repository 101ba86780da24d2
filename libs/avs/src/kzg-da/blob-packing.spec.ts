import fc from 'fast-check';
import { BLOB_CAPACITY, packBlobs, unpackBlobs } from './blob-packing.js';
import { isBlob } from './blob.js';

describe('packing files into blobs', () => {
  it('round-trips any bytes through valid blobs', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5_000 }), (bytes) => {
        const blobs = packBlobs(bytes);
        expect(blobs.every(isBlob)).toBe(true);
        expect(unpackBlobs(blobs)).toEqual(bytes);
      }),
      { numRuns: 30 },
    );
  });

  it.each([
    [0, 1],
    [BLOB_CAPACITY - 8, 1],
    [BLOB_CAPACITY - 7, 2],
    [2 * BLOB_CAPACITY - 8, 2],
    [2 * BLOB_CAPACITY, 3],
  ])('packs %i bytes of ones into %i blobs and back', (length, count) => {
    const bytes = new Uint8Array(length).fill(0xff);
    const blobs = packBlobs(bytes);
    expect(blobs).toHaveLength(count);
    expect(blobs.every(isBlob)).toBe(true);
    expect(Buffer.compare(unpackBlobs(blobs), bytes)).toBe(0);
  });

  const blobs = packBlobs(new Uint8Array(BLOB_CAPACITY).fill(7));
  const changed = (place: number, value: number) => {
    const copy = Uint8Array.from(blobs[1]!);
    copy[place] = value;
    return [blobs[0]!, copy];
  };
  it.each([
    ['no blobs', []],
    ['a missing blob', blobs.slice(0, 1)],
    ['a blob too many', [...blobs, blobs[1]!]],
    ['blobs out of order', [blobs[1]!, blobs[0]!]],
    ['a short blob', [blobs[0]!, blobs[1]!.subarray(1)]],
    ['bytes behind the end', changed(131_071, 1)],
    ['an element that uses its first byte', changed(32, 1)],
  ])('refuses %s', (_, broken) => {
    expect(() => unpackBlobs(broken)).toThrow(RangeError);
  });
});
