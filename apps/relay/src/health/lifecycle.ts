import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { PostgresClock } from '@odf/persistence';
import type { Logger } from 'pino';
import { DataSource } from 'typeorm';
import { RelayMetrics } from '../relay.metrics.js';
import { LOGGER } from '../relay.tokens.js';

/** An instance whose clock is further from Postgres' than this is not ready, ms. */
const MAX_CLOCK_OFFSET_MS = 100;
const CLOCK_CHECK_MS = 5000;

/** Something that runs beside the requests, from boot until the relay drains. */
export interface Background {
  start?(): void;
  /** Lets what is under way finish and starts nothing new. */
  stop(): void | Promise<void>;
  /** Why this instance should get no traffic, as far as this part is concerned. */
  unready?(): string | undefined;
}

/** Starts and stops what runs beside the requests, and says whether this instance is ready. */
@Injectable()
export class Lifecycle implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #background: Background[] = [];
  #draining = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly database: DataSource,
    private readonly clock: PostgresClock,
    private readonly metrics: RelayMetrics,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Takes part in start and drain; stopped in the order of registration. */
  register(background: Background): void {
    this.#background.push(background);
  }

  onApplicationBootstrap(): void {
    for (const { start } of this.#background.map((each) => ({ start: each.start?.bind(each) }))) start?.();
    this.#timer = setInterval(() => void this.#checkClock(), CLOCK_CHECK_MS).unref();
  }

  /** Runs before the server stops listening, so that long requests end and nothing new begins. */
  async onModuleDestroy(): Promise<void> {
    this.#draining = true;
    clearInterval(this.#timer);
    for (const background of this.#background) await background.stop();
  }

  /** Why this instance should get no traffic; undefined when it is ready. */
  async unready(): Promise<string | undefined> {
    if (this.#draining) return 'draining';
    if (Math.abs(this.clock.offsetMs) > MAX_CLOCK_OFFSET_MS) {
      return `the clock is ${Math.round(this.clock.offsetMs)} ms away from Postgres' clock`;
    }
    const [reason] = this.#background.map((each) => each.unready?.()).filter((each) => each !== undefined);
    if (reason !== undefined) return reason;
    try {
      await this.database.query('select 1');
      return undefined;
    } catch {
      return 'Postgres does not answer';
    }
  }

  async #checkClock(): Promise<void> {
    try {
      await this.clock.refresh();
      this.metrics.clockOffset.set(this.clock.offsetMs / 1000);
    } catch (error) {
      this.logger.warn({ err: error }, 'the clock could not be compared with Postgres');
    }
  }
}
