/** Wakes those who wait; a ring between looking and waiting is not missed. */
export class Bell {
  #rings = 0;
  readonly #waiting = new Set<() => void>();

  /** How often it rang: take it before looking, and hand it to {@link wait}. */
  heard(): number {
    return this.#rings;
  }

  ring(): void {
    this.#rings += 1;
    for (const wake of [...this.#waiting]) wake();
  }

  /** Resolves at the first ring after `heard`, after `timeoutMs`, or at once when it is aborted. */
  async wait(heard: number, timeoutMs: number, signal?: AbortSignal): Promise<void> {
    if (this.#rings !== heard || signal?.aborted) return;
    await new Promise<void>((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', wake);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, timeoutMs);
      signal?.addEventListener('abort', wake);
      this.#waiting.add(wake);
    });
  }
}
