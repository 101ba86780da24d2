import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** Fields of /proc/PID/stat behind the name in parentheses, the state first (proc_pid_stat(5)); undefined without the process. */
function statOf(pid: number): string[] | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
  } catch {
    // It has ended; its parent has its times.
    return undefined;
  }
}

/** The parent of a process. */
export function parentOf(pid: number): number | undefined {
  const stat = statOf(pid);
  return stat && Number(stat[1]);
}

function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((other) => parentOf(other) === pid);
}

/** CPU seconds, user and system, that a process, its children and those it has reaped have used; Linux only. */
export function cpuSeconds(pid: number): number {
  const own = (of: number): number => {
    const stat = statOf(of);
    return stat ? [11, 12, 13, 14].reduce((sum, at) => sum + Number(stat[at]), 0) : 0;
  };
  return [pid, ...childrenOf(pid)].reduce((sum, of) => sum + own(of), 0) / TICKS_PER_SECOND;
}

/** The most memory that a process has had resident, MB; Linux only. */
export function peakMemoryMb(pid: number): number {
  const [, kb] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Math.round(Number(kb) / 1024);
}
