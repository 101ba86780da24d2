interface Entry<V> {
  value: V;
  expiresAtMs: number;
}

/** Below this size nothing is worth sweeping. */
const SMALLEST_SWEEP = 1024;

/** A map whose entries vanish at their time; sweeps when it has doubled, so its memory is bounded by what is alive. */
export class ExpiringMap<V> {
  readonly #entries = new Map<string, Entry<V>>();
  #sweepAt = SMALLEST_SWEEP;

  constructor(private readonly nowMs: () => number) {}

  /** Entries held, the expired ones that no sweep has met included. */
  get size(): number {
    return this.#entries.size;
  }

  get(key: string): V | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    if (entry.expiresAtMs > this.nowMs()) return entry.value;
    this.#entries.delete(key);
    return undefined;
  }

  set(key: string, value: V, expiresAtMs: number): void {
    this.#entries.set(key, { value, expiresAtMs });
    if (this.#entries.size >= this.#sweepAt) this.#sweep();
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
  }

  #sweep(): void {
    const nowMs = this.nowMs();
    for (const [key, { expiresAtMs }] of this.#entries) if (expiresAtMs <= nowMs) this.#entries.delete(key);
    this.#sweepAt = Math.max(SMALLEST_SWEEP, this.#entries.size * 2);
  }
}
