import type { Hex } from '@odf/protocol';
import { TransactionReceiptNotFoundError, type Hex as ViemHex, type PublicClient, type TransactionReceipt } from 'viem';
import type { ChainCall } from '../claim-desk.js';
import type { Market } from './fees.js';
import type { Lane } from './intent.js';
import { sendAnswerOf, nodeWords, type SendAnswer } from './send-refusal.js';

/** The account and the market as of one moment. */
export interface View extends Market {
  /** The latest block. */
  block: bigint;
  /** The nonce that the chain takes next. */
  nonce: number;
  /** The nonce behind what waits in the node's pool without a gap. */
  pendingNonce: number;
}

/** The node is of another chain than the account's intents: nothing is signed. */
export class WrongChainError extends Error {
  override readonly name = 'WrongChainError';
}

/** What the outbox asks of a node. */
export class NodeView {
  #checked = false;

  constructor(
    private readonly client: PublicClient,
    private readonly lane: Lane,
  ) {}

  /**
   * Reads where the account and the fees stand.
   *
   * @throws {WrongChainError} when the node is of another chain.
   */
  async look(): Promise<View> {
    await this.#checkChain();
    const address = this.lane.account;
    const [head, nonce, pendingNonce, priorityFee] = await Promise.all([
      this.client.getBlock({ blockTag: 'latest' }),
      this.client.getTransactionCount({ address, blockTag: 'latest' }),
      this.client.getTransactionCount({ address, blockTag: 'pending' }),
      this.client.estimateMaxPriorityFeePerGas(),
    ]);
    return { block: head.number, baseFee: head.baseFeePerGas ?? 0n, priorityFee, nonce, pendingNonce };
  }

  /** The receipt of one of these transactions that is in the chain; at most one of a nonce is. */
  async receiptOf(hashes: readonly Hex[]): Promise<TransactionReceipt | null> {
    for (const hash of hashes) {
      try {
        return await this.client.getTransactionReceipt({ hash });
      } catch (error) {
        if (!(error instanceof TransactionReceiptNotFoundError)) throw error;
      }
    }
    return null;
  }

  /** The account's nonce as of a block. */
  nonceAt(block: bigint): Promise<number> {
    return this.client.getTransactionCount({ address: this.lane.account, blockNumber: block });
  }

  /**
   * The most gas that a call takes now or on top of what waits in the pool; throws what the chain says against it.
   *
   * The chain alone decides whether it reverts: what waits in the pool may never come.
   */
  async estimate({ to, data, value }: ChainCall): Promise<bigint> {
    // As an address: of a local account viem would fill in a nonce and fees of its own.
    const ask = (blockTag: 'latest' | 'pending') =>
      this.client.estimateGas({ account: this.lane.account, to, data, value, blockTag });
    const [now, pending] = await Promise.allSettled([ask('latest'), ask('pending')]);
    if (now.status === 'rejected') throw now.reason;
    return pending.status === 'fulfilled' && pending.value > now.value ? pending.value : now.value;
  }

  /** Asks why a call reverts as of a block; throws what the chain says against it. */
  async replay({ to, data, value }: ChainCall, block: bigint): Promise<void> {
    await this.client.call({ account: this.lane.account, to, data, value, blockNumber: block });
  }

  /** Hands a signed transaction to the node. */
  async send(raw: ViemHex): Promise<{ answer: SendAnswer; said: string | null }> {
    try {
      await this.client.sendRawTransaction({ serializedTransaction: raw });
      return { answer: 'taken', said: null };
    } catch (error) {
      return { answer: sendAnswerOf(error), said: nodeWords(error) };
    }
  }

  async #checkChain(): Promise<void> {
    if (this.#checked) return;
    const chainId = BigInt(await this.client.getChainId());
    if (chainId !== this.lane.chainId) {
      throw new WrongChainError(`the node is of chain ${chainId}, and this account sends on ${this.lane.chainId}`);
    }
    this.#checked = true;
  }
}
