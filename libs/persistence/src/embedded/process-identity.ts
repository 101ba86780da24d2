import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * What tells a running process from a later one that got the same pid: when it started.
 *
 * @returns undefined when there is no such process, or only its zombie.
 */
export function processIdentity(pid: number): string | undefined {
  const answer = process.platform === 'linux' ? readProc(pid, 'stat') : askPs(pid, 'stat=,lstart=');
  if (answer === undefined) return undefined;
  // In /proc the name stands in parentheses and may itself contain any character, so count from the last one.
  const fields = answer
    .slice(answer.lastIndexOf(')') + 1)
    .trim()
    .split(/\s+/);
  if (fields[0]?.startsWith('Z')) return undefined;
  return process.platform === 'linux' ? fields[19] : fields.slice(1).join(' ');
}

/** The postmaster that serves this data folder under this pid, by its command line, not by its pid alone. */
export function isPostmasterOf(pid: number, dataFolder: string): boolean {
  if (processIdentity(pid) === undefined) return false;
  const command = process.platform === 'linux' ? readProc(pid, 'cmdline') : askPs(pid, 'command=');
  const words = command?.replaceAll('\0', ' ') ?? '';
  return /^\S*postgres\s/.test(words) && words.includes(` -D ${dataFolder} `);
}

function readProc(pid: number, file: 'stat' | 'cmdline'): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch (error) {
    // ESRCH: the process ended between open and read.
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

function askPs(pid: number, columns: string): string | undefined {
  try {
    return execFileSync('ps', ['-o', columns, '-p', String(pid)], { encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    if ((error as { status?: number }).status === 1) return undefined;
    throw error;
  }
}
