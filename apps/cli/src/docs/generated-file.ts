import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { packageDir } from '../paths.js';

/** A file that is made from the sources and kept with them; both are texts of the whole file. */
export interface GeneratedFile {
  /** Relative to the package. */
  path: string;
  content: string;
}

/** The text of a file of the package; undefined when there is none. */
export function readText(path: string): string | undefined {
  const file = join(packageDir, path);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

/** Paths of files that are not what they should be now. */
export function staleFiles(files: readonly GeneratedFile[]): string[] {
  return files.filter(({ path, content }) => readText(path) !== content).map(({ path }) => path);
}

/** Writes files and returns the paths of those that changed. */
export function writeFiles(files: readonly GeneratedFile[]): string[] {
  const stale = staleFiles(files);
  for (const { path, content } of files.filter((file) => stale.includes(file.path))) {
    const file = join(packageDir, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  return stale;
}
