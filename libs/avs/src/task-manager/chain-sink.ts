import { toHex, type Hex } from '@odf/protocol';
import { encodeFunctionData, type PublicClient } from 'viem';
import { SinkUnavailableError, type ResponseSink, type SubmissionReceipt } from '../http/http-sink.js';
import { type ResponseSubmission } from '../http/submission.js';
import { taskManagerAbi } from './task-manager-abi.js';

/** Sends transactions of one account, each key once, and waits until they are mined. */
export interface TransactionSender {
  send(
    key: string,
    call: { to: Hex; data: Hex; value: bigint },
    signal?: AbortSignal,
  ): Promise<{ transaction: Hex; status: 'success' | 'reverted'; blockNumber: bigint; reason?: string }>;
}

/** What a ChainSink needs of the chain. */
export interface ChainAccess {
  client: Pick<PublicClient, 'readContract'>;
  /** The sender of an operator's account. */
  transactions: (account: Hex) => TransactionSender;
}

/** What a ChainSink answers to. */
export interface ChainSinkOptions extends ChainAccess {
  /** The contract that takes responses. */
  taskManager: Hex;
  avs: Hex;
  /** What the operator signed: by it a response is recognised. */
  digestOf: (taskId: Hex, result: Uint8Array) => Hex;
}

const NOTHING = `0x${'00'.repeat(32)}`;

/** Responds to a task manager by transactions of the operator's own account. */
export class ChainSink implements ResponseSink {
  constructor(private readonly options: ChainSinkOptions) {}

  /**
   * Responds unless the chain has this very response, and waits for the answer.
   *
   * A revert is final. What the chain then has of the operator decides: the same response is accepted, whoever sent it.
   */
  async submit(submission: ResponseSubmission, signal?: AbortSignal): Promise<SubmissionReceipt> {
    try {
      return (await this.#known(submission)) ?? (await this.#send(submission, signal));
    } catch (cause) {
      signal?.throwIfAborted();
      throw new SinkUnavailableError(`the response did not reach the chain: ${messageOf(cause)}`, { cause });
    }
  }

  async #send(submission: ResponseSubmission, signal?: AbortSignal): Promise<SubmissionReceipt> {
    const { task_id, operator, result, signature } = submission;
    const data = encodeFunctionData({
      abi: taskManagerAbi,
      functionName: 'respond',
      args: [task_id, operator, toHex(result), signature],
    });
    const call = { to: this.options.taskManager, data, value: 0n };
    const sent = await this.options.transactions(operator).send(`respond:${task_id}:${operator}`, call, signal);
    if (sent.status === 'success') return { status: 'accepted', reference: sent.transaction };
    const known = await this.#known(submission);
    if (known?.status === 'accepted') return known;
    const reason = sent.reason ?? 'the transaction was reverted';
    return { status: 'rejected', reference: sent.transaction, reason };
  }

  /** The answer that the chain already holds; null while the operator has not responded. */
  async #known({ task_id, operator, result }: ResponseSubmission): Promise<SubmissionReceipt | null> {
    const { client, taskManager, avs, digestOf } = this.options;
    const [digest] = await client.readContract({
      address: taskManager,
      abi: taskManagerAbi,
      functionName: 'acceptedResponse',
      args: [avs, task_id, operator],
    });
    if (digest === NOTHING) return null;
    if (digest === digestOf(task_id, result)) return { status: 'accepted', reference: digest };
    return { status: 'rejected', reference: digest, reason: 'AlreadyResponded: the operator gave another response' };
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.split('\n')[0]! : String(error);
}
