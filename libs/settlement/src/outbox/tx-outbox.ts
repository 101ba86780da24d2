import type { Hex } from '@odf/protocol';
import type { ChainCall } from '../claim-desk.js';
import { Bell } from './bell.js';
import { Desk } from './desk.js';
import { dispatch } from './dispatch.js';
import { newTransaction, type Intent, type Lane, type OutboxTransaction } from './intent.js';
import { settingsOf, type OutboxOptions } from './outbox-options.js';
import { fillGap, push } from './push.js';
import { settle } from './settle.js';

/** A transaction in the chain. */
export interface SentTransaction {
  transaction: Hex;
  status: 'success' | 'reverted';
  blockNumber: bigint;
  /** Why it was reverted. */
  reason?: string;
}

/** Sends calls of one account, each key once whatever crashes; {@link TxOutbox} does. */
export interface TransactionSender {
  /** Waits until the call is in a block; rejects when the chain would revert it, or with the signal's reason when aborted. */
  send(key: string, call: ChainCall, signal?: AbortSignal): Promise<SentTransaction>;
}

/** An intent took no effect and will not: the chain would revert it, or it expired. */
export class IntentFailedError extends Error {
  override readonly name = 'IntentFailedError';

  constructor(
    readonly key: string,
    readonly reason: string,
  ) {
    super(`${key} was not sent: ${reason}`);
  }
}

/**
 * Sends each intent so that it takes effect exactly once, whatever crashes, forks or gets lost on the way.
 *
 * A transaction is stored signed before it is sent, is sent until it is mined, and is watched until it is final; a nonce
 * that was stored is never given to another intent before somebody else's transaction has taken it for good. Intents may
 * overtake each other: of two that depend on each other, enqueue the second when the first is mined.
 *
 * @example
 * const outbox = new TxOutbox({ client, account, chainId: 31337n, store, confirmations: 3, clock, log });
 * void outbox.run(stopping.signal);
 * await outbox.send(`anchor/${slash}`, await desk.anchor(slash));
 */
export class TxOutbox<Transaction = unknown> implements TransactionSender {
  readonly #desk: Desk;
  readonly #queued = new Bell();
  readonly #passed = new Bell();

  constructor(private readonly options: OutboxOptions<Transaction>) {
    this.#desk = new Desk(settingsOf(options));
  }

  /** Who sends, and on which chain. */
  get lane(): Lane {
    return this.#desk.lane;
  }

  /**
   * Stores an intent, in the caller's transaction if one is given; sending needs {@link run}.
   *
   * @returns false when its key is known already, whose first call then stands.
   */
  async enqueue(intent: Intent, transaction?: Transaction): Promise<boolean> {
    const row = newTransaction(intent, this.#desk.lane, this.#desk.nowMs());
    const fresh = await this.options.store.insert(row, transaction);
    this.#queued.ring();
    return fresh;
  }

  /** An intent and what became of it, or null. */
  find(key: string): Promise<OutboxTransaction | null> {
    return this.options.store.find(key);
  }

  /**
   * Sends a call and waits until it is in a block; {@link run} must be running, here or in another process.
   *
   * @throws {IntentFailedError} when the chain would revert it, or it failed before.
   */
  async send(key: string, call: ChainCall, signal?: AbortSignal): Promise<SentTransaction> {
    await this.enqueue({ key, call });
    for (;;) {
      const heard = this.#passed.heard();
      const row = await this.find(key);
      const sent = row && outcomeOf(row);
      if (sent) return sent;
      signal?.throwIfAborted();
      await this.#passed.wait(heard, this.#desk.settings.pollMs, signal);
    }
  }

  /** One pass: what was mined, what must be pushed, what can be sent. Nothing is done while another process does it. */
  async tick(): Promise<void> {
    const desk = this.#desk;
    await desk.settings.store.alone(desk.lane, async () => {
      const view = await desk.node.look();
      await settle(desk, view);
      await push(desk, view);
      await fillGap(desk, view);
      await dispatch(desk, view);
    });
    this.#passed.ring();
  }

  /** Passes until it is told to stop, and then ends with the pass under way; failures are logged and waited out. */
  async run(signal: AbortSignal): Promise<void> {
    const { pollMs, backoffMs, maxBackoffMs, log } = this.#desk.settings;
    let failures = 0;
    while (!signal.aborted) {
      const heard = this.#queued.heard();
      try {
        await this.tick();
        failures = 0;
      } catch (error) {
        failures += 1;
        log.warn({ err: error, failures }, 'the chain or the store of transactions does not answer');
      }
      if (failures === 0) await this.#queued.wait(heard, pollMs, signal);
      // No ring cuts a pause short: more to do is no reason to ask a node more often that does not answer.
      else await new Bell().wait(0, Math.min(maxBackoffMs, backoffMs * 2 ** Math.min(failures - 1, 20)), signal);
    }
  }
}

function outcomeOf(row: OutboxTransaction): SentTransaction | null {
  if (row.transaction !== null && row.status !== null) {
    const { transaction, status, blockNumber, reason } = row;
    return { transaction, status, blockNumber: blockNumber!, ...(reason !== null && { reason }) };
  }
  if (row.state === 'failed') throw new IntentFailedError(row.key, row.reason ?? 'unknown');
  return null;
}
