import { join } from 'node:path';
import type { Hex } from '@odf/protocol';
import { LevelIntentStore, TxOutbox, type OutboxLog, type TransactionSender } from '@odf/settlement';
import type { Clock } from '@odf/telemetry';
import type { LocalAccount, PublicClient } from 'viem';

/** What sending needs. */
export interface TransactionsOptions {
  dataDir: string;
  client: PublicClient;
  chainId: bigint;
  /** How deep a block counts, its own included. */
  confirmations: number;
  clock: Clock;
  log: OutboxLog;
}

/** The sidecar's transactions: one outbox for each account whose key it holds, all kept in one store of the data folder. */
export class Transactions {
  private constructor(
    private readonly store: LevelIntentStore,
    private readonly outboxes: ReadonlyMap<Hex, TxOutbox>,
  ) {}

  /** @throws {Error} when another process has the store open. */
  static async open(
    { dataDir, ...options }: TransactionsOptions,
    accounts: readonly LocalAccount[],
  ): Promise<Transactions> {
    const store = await LevelIntentStore.open(join(dataDir, 'transactions.db'));
    const outboxes = accounts.map((account): [Hex, TxOutbox] => [
      account.address.toLowerCase() as Hex,
      new TxOutbox({ ...options, account, store }),
    ]);
    return new Transactions(store, new Map(outboxes));
  }

  /**
   * Who sends for an account.
   *
   * @throws {Error} when the sidecar has no key of it.
   */
  of(account: Hex): TransactionSender {
    const outbox = this.outboxes.get(account);
    if (!outbox) throw new Error(`this sidecar has no key of the account ${account}`);
    return outbox;
  }

  /** Sends until aborted; what is not mined then goes on at the next start. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([...this.outboxes.values()].map((outbox) => outbox.run(signal)));
  }

  /** Lets go of the store; after `run` has ended. */
  close(): Promise<void> {
    return this.store.close();
  }
}
