import { inspect } from 'node:util';

/** What stands in logs and JSON where something must not be seen. */
export const REDACTED = '[redacted]';

/**
 * A value that logs, JSON, templates and `inspect` never show; only {@link Secret.expose} gives it out.
 *
 * @example
 * const token = new Secret(process.env.ODF_ADMIN_TOKENS);
 * logger.info({ token }); // {"token":"[redacted]"}
 */
export class Secret<T> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  /** The value itself: call it where it is used, never to pass it on. */
  expose(): T {
    return this.#value;
  }

  toJSON(): string {
    return REDACTED;
  }

  toString(): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}
