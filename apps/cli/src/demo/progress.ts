/** Where progress is written. */
export interface ProgressStream {
  isTTY?: boolean;
  write(text: string): unknown;
}

/** Shows what a demo does: steps as lines, and below them one line for each task, rewritten in place on a terminal. */
export class Progress {
  readonly #lines = new Map<string, string>();

  constructor(
    private readonly out: ProgressStream,
    private readonly elapsedMs: () => number,
  ) {}

  /** Says what begins or has happened. */
  step(text: string): void {
    this.#above(`${this.#time()} ${text}\n`);
  }

  /** Prints text as it is. */
  print(text: string): void {
    this.#above(`${text}\n`);
  }

  /** Sets the line of one task; without a terminal it is printed when `final` or new. */
  task(name: string, text: string, final = false): void {
    const isNew = !this.#lines.has(name);
    if (this.#lines.get(name) === text) return;
    if (!this.out.isTTY) {
      this.#lines.set(name, text);
      if (isNew || final) this.out.write(`${this.#time()} ${text}\n`);
      return;
    }
    this.#erase();
    this.#lines.set(name, text);
    this.#draw();
  }

  #above(text: string): void {
    if (this.out.isTTY) this.#erase();
    this.out.write(text);
    if (this.out.isTTY) this.#draw();
  }

  #erase(): void {
    if (this.#lines.size > 0) this.out.write(`\x1b[${this.#lines.size}A\x1b[0J`);
  }

  #draw(): void {
    for (const line of this.#lines.values()) this.out.write(`${line}\n`);
  }

  /** Leaves the task lines standing and starts anew below them. */
  settle(): void {
    this.#lines.clear();
  }

  #time(): string {
    return `${(this.elapsedMs() / 1000).toFixed(1).padStart(6)} s `;
  }
}
