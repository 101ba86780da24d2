import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BLOB_CAPACITY, unpackBlobs } from '@odf/avs';
import { archive, packFiles, sourceFiles, type SourceFile } from './files.js';

const file = (name: string, size: number): SourceFile => ({ name, bytes: new Uint8Array(size).fill(7) });

describe('packFiles', () => {
  it('names the files that begin in each blob', () => {
    const files = [file('a', 10), file('b', BLOB_CAPACITY), file('c', 10)];
    const blobs = packFiles(files, 8);
    expect(blobs.map((blob) => blob.files)).toEqual([['a', 'b'], ['c']]);
    expect(unpackBlobs(blobs.map(({ bytes }) => bytes))).toEqual(archive(files).bytes);
  });

  it('stops at the limit with blobs that still unpack', () => {
    const blobs = packFiles([file('a', 3 * BLOB_CAPACITY), file('z', 5)], 2);
    expect(blobs).toHaveLength(2);
    expect(blobs.flatMap((blob) => blob.files)).toEqual(['a']);
    expect(unpackBlobs(blobs.map(({ bytes }) => bytes))).toHaveLength(2 * BLOB_CAPACITY - 8);
  });
});

describe('sourceFiles', () => {
  const dir = mkdtempSync(join(tmpdir(), 'odf-files-'));
  afterAll(() => rmSync(dir, { recursive: true }));

  it('takes all files of a folder but not what is built or installed', () => {
    mkdirSync(join(dir, 'node_modules'));
    mkdirSync(join(dir, 'src'));
    writeFileSync(join(dir, 'node_modules', 'x.js'), 'x');
    writeFileSync(join(dir, 'src', 'b.ts'), 'b');
    writeFileSync(join(dir, 'a.md'), 'a');
    expect(sourceFiles(dir, true).map(({ name }) => name)).toEqual(['a.md', join('src', 'b.ts')]);
  });

  it('refuses an empty folder', () => {
    mkdirSync(join(dir, 'empty'));
    expect(() => sourceFiles(join(dir, 'empty'), false)).toThrow(/no files/);
  });
});
