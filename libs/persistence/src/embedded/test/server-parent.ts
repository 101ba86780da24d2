import { startEmbeddedPostgres } from '../embedded-postgres.js';

/** The parent process of a server in embedded-postgres.pg.spec.ts: starts it, tells what it got, and waits to be killed. */
async function main(dataDir: string): Promise<void> {
  const { url, adopted } = await startEmbeddedPostgres({ dataDir });
  process.stdout.write(`${JSON.stringify({ url, adopted })}\n`);
  setInterval(() => undefined, 60_000);
}

main(process.argv[2] ?? '').catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
});
