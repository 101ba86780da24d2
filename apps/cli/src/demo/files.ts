import { execFileSync } from 'node:child_process';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BLOB_CAPACITY, packBlobs } from '@odf/avs';

/** A file on its way into blobs. */
export interface SourceFile {
  /** Relative to its folder. */
  name: string;
  bytes: Uint8Array;
}

/** A blob and what is in it. */
export interface Blob {
  bytes: Uint8Array;
  /** Files that begin in this blob. */
  files: string[];
}

const SKIPPED = new Set(['node_modules', 'dist', 'coverage', '.git', '.odf']);
const LARGEST_FILE = 4 << 20;

function walk(dir: string, below = ''): string[] {
  return readdirSync(join(dir, below), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const name = join(below, entry.name);
      if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : walk(dir, name);
      return entry.isFile() ? [name] : [];
    });
}

function tracked(dir: string): string[] | undefined {
  try {
    const args = ['-c', 'safe.directory=*', '-C', dir, 'ls-files', '-z', '--cached'];
    const list = execFileSync('git', args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 64 << 20,
    });
    const names = list.split('\0').filter((name) => name !== '');
    return names.length > 0 ? names : undefined;
  } catch {
    // No git, or no repository: all files of the folder are taken.
    return undefined;
  }
}

/**
 * The files of a folder, or those of a package that git tracks.
 *
 * @throws {Error} when there are none.
 */
export function sourceFiles(dir: string, useGit: boolean): SourceFile[] {
  const names = (useGit ? tracked(dir) : undefined) ?? walk(dir);
  const files = names.flatMap((name): SourceFile[] => {
    const path = join(dir, name);
    const stat = lstatSync(path, { throwIfNoEntry: false });
    return stat?.isFile() && stat.size <= LARGEST_FILE ? [{ name, bytes: readFileSync(path) }] : [];
  });
  if (files.length === 0) throw new Error(`there are no files to pack in ${dir}`);
  return files;
}

/** Writes files behind each other: for each its name and size on a line of JSON, then its bytes. */
export function archive(files: readonly SourceFile[]): { bytes: Uint8Array; starts: number[] } {
  const parts: Uint8Array[] = [];
  const starts: number[] = [];
  let at = 0;
  for (const { name, bytes } of files) {
    const head = Buffer.from(`${JSON.stringify({ name, size: bytes.length })}\n`);
    starts.push(at);
    parts.push(head, bytes);
    at += head.length + bytes.length;
  }
  return { bytes: new Uint8Array(Buffer.concat(parts)), starts };
}

/** Packs files into blobs, at most `limit` of them: so many files as fit, in their order, at least one byte of each blob used. */
export function packFiles(files: readonly SourceFile[], limit: number): Blob[] {
  const { bytes, starts } = archive(files);
  // The first eight bytes of the first blob are the length of it all.
  const room = limit * BLOB_CAPACITY - 8;
  const packed = packBlobs(bytes.subarray(0, room));
  return packed.map((blob, index) => ({
    bytes: blob,
    files: files
      .filter((_, at) => starts[at]! < room && Math.floor((starts[at]! + 8) / BLOB_CAPACITY) === index)
      .map(({ name }) => name),
  }));
}
