/** A stretch of time that asks for units: a term won, or one that is bid for; Unix milliseconds. */
export interface Load {
  units: number;
  tasks_per_second: number;
  from_ms: bigint;
  to_ms: bigint;
}

/** The most that all running terms together may ask for. */
export interface CapacityLimits {
  units: number;
  tasks_per_second: number;
}

/** What is won and what is offered at all relays, so that no two of them can win more than there is. */
export class Capacity {
  readonly #loads = new Map<string, Load>();

  constructor(private readonly limits: CapacityLimits) {}

  /** Sets what a bid or a term asks for; without units it is forgotten. */
  set(name: string, load: Load): void {
    if (load.units > 0) this.#loads.set(name, load);
    else this.#loads.delete(name);
  }

  /** Forgets what ended before `nowMs`. */
  expire(nowMs: bigint): void {
    for (const [name, load] of this.#loads) if (load.to_ms <= nowMs) this.#loads.delete(name);
  }

  /** Units still free in a stretch of time for one more load of this rate, `name` itself left out. */
  free(name: string, { from_ms, to_ms, tasks_per_second }: Omit<Load, 'units'>): number {
    const beside = [...this.#loads].filter(
      ([other, load]) => other !== name && load.from_ms < to_ms && load.to_ms > from_ms,
    );
    const rate = beside.reduce((sum, [, load]) => sum + load.tasks_per_second, tasks_per_second);
    if (rate > this.limits.tasks_per_second) return 0;
    return Math.max(0, this.limits.units - beside.reduce((sum, [, load]) => sum + load.units, 0));
  }
}
