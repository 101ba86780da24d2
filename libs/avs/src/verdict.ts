import { type Verdict, type VerdictCode } from './workload.js';

/** A verdict with the time since `started` (performance.now()); a refusal covers nothing. */
export function verdict(code: VerdictCode, started: number, coverage = 1): Verdict {
  const ok = code === 'OK';
  return { ok, code, coverage: ok ? coverage : 0, ms: performance.now() - started };
}
