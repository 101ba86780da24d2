import { setTimeout as delay } from 'node:timers/promises';
import { sha256, type Hex } from '@odf/protocol';
import { readAnswer, type SinkAnswer } from './sink-answer.js';
import { ResponseSubmission } from './submission.js';

/** What the AVS said; a rejection is final. */
export interface SubmissionReceipt {
  status: 'accepted' | 'rejected';
  /** The AVS's 32-byte reference if it gave one, else the SHA-256 of its answer. */
  reference: Hex;
  /** Why it was rejected, in the AVS's words. */
  reason?: string;
}

/** Where a response goes; submitting the same again is harmless. */
export interface ResponseSink {
  /**
   * Sends the response until the AVS answers.
   *
   * @throws {SinkUnavailableError} when it does not; the signal's reason when aborted.
   */
  submit(submission: ResponseSubmission, signal?: AbortSignal): Promise<SubmissionReceipt>;
}

/** The AVS gave no answer that settles the matter; the same submission may be sent again. */
export class SinkUnavailableError extends Error {
  override readonly name = 'SinkUnavailableError';
}

/** How an HttpSink behaves; milliseconds. */
export interface HttpSinkOptions {
  callbackUrl: string;
  /** For one attempt, default 5,000. */
  timeoutMs?: number;
  /** After the first attempt, default 5. */
  retries?: number;
  /** Before the first retry, doubled each time up to 10 s; default 250. */
  backoffMs?: number;
  fetch?: typeof fetch;
  sleep?: (ms: number, signal?: AbortSignal) => Promise<void>;
}

const LONGEST_PAUSE_MS = 10_000;

/** One attempt: an answer that settles it, or why and when to try again. */
type Attempt = { receipt: SubmissionReceipt } | { retry: string; afterMs: number };

function judge({ status, text, json, retryAfterMs }: SinkAnswer): Attempt {
  if (status === 429 || status >= 500) return { retry: `HTTP ${status}`, afterMs: retryAfterMs };
  const reference = json.reference ?? sha256(Buffer.from(text));
  if (status < 300 || (status === 409 && json.same)) return { receipt: { status: 'accepted', reference } };
  return { receipt: { status: 'rejected', reference, reason: json.message ?? `HTTP ${status}` } };
}

/** Posts responses to an AVS's callback with `Idempotency-Key: <task_id>:<operator>`, until it accepts or rejects them. */
export class HttpSink implements ResponseSink {
  readonly #options: Required<HttpSinkOptions>;

  constructor(options: HttpSinkOptions) {
    this.#options = {
      timeoutMs: 5_000,
      retries: 5,
      backoffMs: 250,
      fetch: globalThis.fetch,
      sleep: (ms, signal) => delay(ms, undefined, { signal }),
      ...options,
    };
  }

  async submit(submission: ResponseSubmission, signal?: AbortSignal): Promise<SubmissionReceipt> {
    const { callbackUrl, retries, backoffMs, sleep } = this.#options;
    for (let attempt = 0; ; attempt++) {
      const outcome = await this.#post(submission, signal);
      if ('receipt' in outcome) return outcome.receipt;
      if (attempt === retries) {
        throw new SinkUnavailableError(`${callbackUrl} gave no answer in ${retries + 1} attempts: ${outcome.retry}`);
      }
      await sleep(Math.min(Math.max(backoffMs * 2 ** attempt, outcome.afterMs), LONGEST_PAUSE_MS), signal);
    }
  }

  async #post(submission: ResponseSubmission, signal?: AbortSignal): Promise<Attempt> {
    signal?.throwIfAborted();
    const timeout = AbortSignal.timeout(this.#options.timeoutMs);
    try {
      const response = await this.#options.fetch(this.#options.callbackUrl, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'idempotency-key': `${submission.task_id}:${submission.operator}`,
        },
        body: JSON.stringify(ResponseSubmission.encode(submission)),
        redirect: 'error',
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      });
      return judge(await readAnswer(response));
    } catch (error) {
      signal?.throwIfAborted();
      return { retry: error instanceof Error ? error.message : String(error), afterMs: 0 };
    }
  }
}
