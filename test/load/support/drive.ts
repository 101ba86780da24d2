import { Agent, request } from 'node:http';

/** One request that is ready to go: `items` count in rates. */
export interface Shot {
  body: Buffer;
  type: 'application/json' | 'application/octet-stream';
  items: number;
}

/** What came of a run. */
export interface Outcome {
  seconds: number;
  /** Items of requests answered 200, per second. */
  rate: number;
  accepted: number;
  /** Requests refused, with the first reason. */
  refused: number;
  reason: string | undefined;
  /** Milliseconds from when each request was due until its answer, rising. */
  latencies: number[];
}

/** Posts to one path over kept connections. */
export class Poster {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: Infinity, noDelay: true });
  readonly #url: URL;

  constructor(origin: string, path: string) {
    this.#url = new URL(path, origin);
  }

  /** Resolves with null for 200, else with the answer's text. */
  post({ body, type }: Shot): Promise<string | null> {
    return new Promise((resolve, reject) => {
      const headers = { 'content-type': type, 'content-length': body.length };
      const sent = request(this.#url, { method: 'POST', agent: this.#agent, headers }, (answer) => {
        const parts: Buffer[] = [];
        answer.on('data', (part: Buffer) => parts.push(part));
        answer.on('error', reject);
        answer.on('end', () => resolve(answer.statusCode === 200 ? null : Buffer.concat(parts).toString('utf8')));
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

class Tally {
  readonly #begin = performance.now();
  readonly #latencies: number[] = [];
  #accepted = 0;
  #refused = 0;
  #reason: string | undefined;

  get elapsedMs(): number {
    return performance.now() - this.#begin;
  }

  /** Sends one and counts it; latency counts from when it was due, so that a late driver hides nothing. */
  async shoot(poster: Poster, shot: Shot, dueMs: number): Promise<void> {
    const refusal = await poster.post(shot);
    this.#latencies.push(this.elapsedMs - dueMs);
    if (refusal === null) this.#accepted += shot.items;
    else {
      this.#refused += 1;
      this.#reason ??= refusal.slice(0, 300);
    }
  }

  end(): Outcome {
    const seconds = this.elapsedMs / 1000;
    return {
      seconds,
      rate: this.#accepted / seconds,
      accepted: this.#accepted,
      refused: this.#refused,
      reason: this.#reason,
      latencies: this.#latencies.sort((a, b) => a - b),
    };
  }
}

/** Keeps `inFlight` requests under way until the time is over or the shots are gone: what the relay can take. */
export async function saturate(poster: Poster, shots: Shot[], inFlight: number, seconds: number): Promise<Outcome> {
  const tally = new Tally();
  const lane = async (): Promise<void> => {
    while (tally.elapsedMs < seconds * 1000) {
      const shot = shots.shift();
      if (!shot) return;
      await tally.shoot(poster, shot, tally.elapsedMs);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  return tally.end();
}

/** Sends requests when they are due, however slow the answers are: `perSecond` items a second. */
export async function openLoop(poster: Poster, shots: Shot[], perSecond: number, seconds: number): Promise<Outcome> {
  const tally = new Tally();
  const answers: Promise<void>[] = [];
  let dueMs = 0;
  while (dueMs < seconds * 1000 && shots.length > 0) {
    const wait = dueMs - tally.elapsedMs;
    if (wait > 1) await new Promise((resolve) => setTimeout(resolve, wait));
    while (dueMs <= tally.elapsedMs && shots.length > 0) {
      const shot = shots.shift()!;
      answers.push(tally.shoot(poster, shot, dueMs));
      dueMs += (1000 * shot.items) / perSecond;
    }
  }
  await Promise.all(answers);
  return tally.end();
}
