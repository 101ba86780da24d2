import { setTimeout as delay } from 'node:timers/promises';
import { isShared, reapSharedPostgres } from './shared-postgres.js';

/** A process of its own, started by `shareEmbeddedPostgres`: folder, idle seconds. */
async function reapWhenIdle(folder: string, idleSeconds: number): Promise<void> {
  for (let idle = 0; ; idle = isShared(folder) ? 0 : idle + 1) {
    if (idle >= idleSeconds && (await reapSharedPostgres(folder))) return;
    await delay(1000);
  }
}

const [folder = '', idleSeconds] = process.argv.slice(2);
reapWhenIdle(folder, Number(idleSeconds)).catch((error: unknown) => {
  process.stderr.write(`the reaper of ${folder} failed: ${String(error)}\n`);
  process.exitCode = 1;
});
