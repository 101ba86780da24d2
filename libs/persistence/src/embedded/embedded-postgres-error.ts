/** The embedded Postgres cannot run here; the message says why and how to go on. */
export class EmbeddedPostgresError extends Error {
  override readonly name = 'EmbeddedPostgresError';

  constructor(problem: string, hint = 'Set DATABASE_URL to use a Postgres server of your own.', cause?: unknown) {
    super(`${problem} ${hint}`, { cause });
  }
}
