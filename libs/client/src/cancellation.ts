/**
 * An abort signal of its own that follows another one and a timer.
 *
 * `AbortSignal.any` and `AbortSignal.timeout` are held weakly by Node 20 (undici holds even the request weakly): what nobody
 * else refers to may be collected before it fires, and a request then never ends. Here everything is held until `end`.
 */
export class Cancellation {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #follow = (): void => this.#controller.abort(this.outer?.reason);

  /** Fires after `timeoutMs` milliseconds with `reason`, or when `outer` does. */
  constructor(
    private readonly outer: AbortSignal | undefined,
    timeoutMs: number,
    reason: () => Error,
  ) {
    this.#timer = setTimeout(() => this.#controller.abort(reason()), timeoutMs);
    if (outer?.aborted) this.#follow();
    else outer?.addEventListener('abort', this.#follow, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Starts the time again. */
  refresh(): void {
    this.#timer.refresh();
  }

  /** Lets go of the outer signal and the timer. */
  end(): void {
    clearTimeout(this.#timer);
    this.outer?.removeEventListener('abort', this.#follow);
  }

  /** A promise's value, unless the signal fires first. */
  async race<T>(promise: Promise<T>): Promise<T> {
    const { signal } = this;
    let stop = (): void => undefined;
    const aborted = new Promise<never>((_, reject) => {
      stop = () => reject(signal.reason as Error);
      if (signal.aborted) stop();
      else signal.addEventListener('abort', stop, { once: true });
    });
    try {
      return await Promise.race([promise, aborted]);
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }
}

/** The chunks of an answer's body until it ends or the cancellation fires; the connection is given up when the reader leaves. */
export async function* chunksOf(response: Response, cancellation: Cancellation): AsyncGenerator<Uint8Array, void> {
  const reader = response.body?.getReader();
  if (!reader) return;
  try {
    for (;;) {
      const part: { value?: Uint8Array } = await cancellation.race(reader.read());
      if (!part.value) return;
      yield part.value;
    }
  } finally {
    // A body that has ended or failed cannot be cancelled, and need not be.
    void reader.cancel().catch(() => undefined);
  }
}
