import { IntentFailedError, type ChainCall, type SentTransaction, type TransactionSender } from '@odf/settlement';
import type { Clock } from '@odf/telemetry';
import type { Logger } from 'pino';
import { Blocked } from './ports.js';

const FIRST_PAUSE_MS = 60_000;
const LONGEST_PAUSE_MS = 3_600_000;

interface Failure {
  count: number;
  reason: string;
  notBeforeMs: number;
}

/** What the sending of the keeper's calls needs. */
export interface SendingParts {
  sender: TransactionSender;
  clock: Clock;
  logger: Logger;
  /** Counts what came of a transaction. */
  count: (kind: string, outcome: 'success' | 'failed') => void;
}

/** Sends calls one after the other; one that failed is left alone for a while, then tried under the next key. */
export class Sending {
  /** What is on its way. */
  current: { key: string; since_ms: number } | null = null;
  readonly #failures = new Map<string, Failure>();

  constructor(private readonly parts: SendingParts) {}

  /**
   * Sends a call whose key starts with its kind, and waits until it is in a block.
   *
   * @throws {Blocked} when it failed, now or lately.
   */
  async send(key: string, call: ChainCall, signal: AbortSignal): Promise<SentTransaction> {
    const { clock, logger, count } = this.parts;
    const before = this.#failures.get(key);
    if (before && clock.nowMs() < before.notBeforeMs) throw new Blocked(`${key} failed: ${before.reason}`);
    this.current = { key, since_ms: clock.nowMs() };
    const kind = key.slice(0, key.indexOf(':'));
    try {
      const sent = await this.#once(before ? `${key}#${before.count}` : key, call, signal);
      this.#failures.delete(key);
      count(kind, 'success');
      logger.info({ key, transaction: sent.transaction, block: sent.blockNumber.toString() }, 'settled on chain');
      return sent;
    } catch (error) {
      if (!(error instanceof Blocked)) throw error;
      this.#failed(key, error.message, before);
      count(kind, 'failed');
      throw new Blocked(`${key} failed: ${error.message}`, { cause: error });
    } finally {
      this.current = null;
    }
  }

  async #once(key: string, call: ChainCall, signal: AbortSignal): Promise<SentTransaction> {
    const sent = await this.parts.sender.send(key, call, signal).catch((error: unknown) => {
      if (error instanceof IntentFailedError) throw new Blocked(error.reason, { cause: error });
      throw error;
    });
    if (sent.status === 'reverted') throw new Blocked(sent.reason ?? `${sent.transaction} reverted`);
    return sent;
  }

  #failed(key: string, reason: string, before: Failure | undefined): void {
    const count = (before?.count ?? 0) + 1;
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(count - 1, 10));
    this.#failures.set(key, { count, reason, notBeforeMs: this.parts.clock.nowMs() + pause });
  }
}
