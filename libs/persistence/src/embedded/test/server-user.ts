import { shareEmbeddedPostgres } from '../shared-postgres.js';

/** A user of a shared server in shared-postgres.pg.spec.ts: tells what it got, and waits to be killed. */
async function main(folder: string): Promise<void> {
  const { url, adopted } = await shareEmbeddedPostgres(folder, { idleSeconds: 1 });
  process.stdout.write(`${JSON.stringify({ url, adopted })}\n`);
  setInterval(() => undefined, 60_000);
}

main(process.argv[2] ?? '').catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
});
