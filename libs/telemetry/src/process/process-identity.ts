import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * What tells a running process from a later one that got the same pid, also after a reboot: when it started. No spaces.
 *
 * @returns undefined when there is no such process, or only its zombie.
 */
export function processIdentity(pid: number): string | undefined {
  const isLinux = process.platform === 'linux';
  const answer = isLinux ? readProc(pid, 'stat') : askPs(pid, 'stat=,lstart=');
  if (answer === undefined) return undefined;
  // In /proc the name stands in parentheses and may itself contain any character, so count from the last one.
  const fields = answer
    .slice(answer.lastIndexOf(')') + 1)
    .trim()
    .split(/\s+/);
  if (/^[ZX]/.test(fields[0] ?? '')) return undefined;
  return isLinux ? `${bootId()}:${fields[19]}` : fields.slice(1).join('_');
}

/** The words that a process was started with; undefined when there is none. */
export function commandLineOf(pid: number): string | undefined {
  return process.platform === 'linux' ? readProc(pid, 'cmdline')?.replaceAll('\0', ' ') : askPs(pid, 'command=');
}

/** Linux counts a process's start from the boot. */
function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
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
  const env = { ...process.env, LC_ALL: 'C' };
  try {
    return execFileSync('ps', ['-o', columns, '-p', String(pid)], { encoding: 'utf8', stdio: 'pipe', env });
  } catch (error) {
    if ((error as { status?: number }).status === 1) return undefined;
    throw error;
  }
}
