import type { AvsConfig } from '@odf/avs';
import type { TaskWindows } from '@odf/persistence';

/** When a task that is announced now is due; null when its deadline leaves no time to deliver and commit. */
export function windowsOf(windows: AvsConfig['windows_ms'], nowMs: number, deadlineMs: number): TaskWindows | null {
  const deliverByMs = nowMs + windows.deliver;
  const switchUntilMs = deliverByMs + windows.grace;
  const commitByMs = Math.min(deadlineMs, deliverByMs + windows.commit);
  if (commitByMs <= switchUntilMs) return null;
  return { announcedAtMs: nowMs, deliverByMs, switchUntilMs, commitByMs };
}

/** The windows of a task that needs no coprocessor: validators may answer until its deadline. */
export function lightweightWindows(nowMs: number, deadlineMs: number): TaskWindows {
  return { announcedAtMs: nowMs, deliverByMs: deadlineMs, switchUntilMs: deadlineMs, commitByMs: deadlineMs };
}

/** The least time in ms that a new task must leave until its deadline. */
export function leastTimeMs(config: Pick<AvsConfig, 'mode' | 'windows_ms'>, lightweight: boolean): number {
  const { bidding, deliver, commit } = config.windows_ms;
  if (lightweight) return 0;
  return deliver + commit + (config.mode === 'task' ? bidding : 0);
}
