import { setTimeout as delay } from 'node:timers/promises';
import { listUsers, reapTestServer } from './test-server.js';

/** Long enough for the next worker of the same run, or the next run of a watch, to find the server warm. */
const idleSeconds = 10;

async function reapWhenIdle(): Promise<void> {
  for (let idle = 0; ; idle = listUsers().length > 0 ? 0 : idle + 1) {
    if (idle >= idleSeconds && (await reapTestServer())) return;
    await delay(1000);
  }
}

reapWhenIdle().catch((error: unknown) => {
  process.stderr.write(`the test server's reaper failed: ${String(error)}\n`);
  process.exitCode = 1;
});
