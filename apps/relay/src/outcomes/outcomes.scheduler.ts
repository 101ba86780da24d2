import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { Ticker } from '../core/ticker.js';
import { LOGGER } from '../relay.tokens.js';
import { ObservedOutcomesService } from './observed-outcomes.service.js';

/** Fees become due at most so much later than they could, ms. */
const EVERY_MS = 1_000;

/** Settles what nobody reports: responses that became final, and commitments whose response never came. */
@Injectable()
export class OutcomesScheduler {
  readonly #ticker: Ticker;

  constructor(
    private readonly outcomes: ObservedOutcomesService,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.#ticker = new Ticker({
      pass: () => this.pass(),
      atMostMs: EVERY_MS,
      onError: (error) => logger.error({ err: error }, 'settling outcomes failed and is tried again'),
    });
  }

  start(): void {
    this.#ticker.start();
  }

  /** Lets the current pass finish and starts no other. */
  stop(): Promise<void> {
    return this.#ticker.stop();
  }

  /** Settles all that is due, and returns in how many ms to look again. */
  async pass(): Promise<number> {
    await this.outcomes.settleFinal();
    await this.outcomes.settleUnanswered();
    return EVERY_MS;
  }
}
