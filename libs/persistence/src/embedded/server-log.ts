import { chownSync, copyFileSync, existsSync, openSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import type { RunAs } from './reachable.js';

const maxLogBytes = 8 << 20;

/** Opens the server's log for appending, and answers the descriptor and the length so far. */
export function openServerLog(file: string, owner: RunAs | undefined): { descriptor: number; start: number } {
  const descriptor = openSync(file, 'a', 0o600);
  if (owner) chownSync(file, owner.uid, owner.gid);
  return { descriptor, start: statSync(file).size };
}

/** Keeps the log and one older one below 8 MiB each; the server goes on writing into the same, emptied file. */
export function boundServerLog(file: string, maxBytes = maxLogBytes): void {
  if (!existsSync(file) || statSync(file).size <= maxBytes) return;
  rmSync(`${file}.1`, { force: true });
  copyFileSync(file, `${file}.1`);
  truncateSync(file);
}

/** What the server has logged since `start`, at most the last 4,000 characters. */
export function readServerLog(file: string, start: number): string {
  return readFileSync(file).subarray(start).toString('utf8').slice(-4000).trim();
}
