import { cpuSeconds } from './processes.js';
import type { BenchRelay } from './relay.js';

/** CPU seconds by process. */
export interface Cost {
  relay: number;
  postgres: number;
  driver: number;
}

/** What each process has used until now. */
export function costNow({ pid, postmasterPid }: BenchRelay): Cost {
  const { user, system } = process.cpuUsage();
  return { relay: cpuSeconds(pid), postgres: cpuSeconds(postmasterPid), driver: (user + system) / 1e6 };
}

/** What was used between two moments. */
export function costBetween(before: Cost, after: Cost): Cost {
  return {
    relay: after.relay - before.relay,
    postgres: after.postgres - before.postgres,
    driver: after.driver - before.driver,
  };
}
