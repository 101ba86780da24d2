import { type ErrorCode } from '@odf/protocol';

/** What can go wrong before a relay's own refusal is heard. */
export type TransportCode =
  | 'NETWORK_FAILED'
  | 'TIMED_OUT'
  /** The answer is not what its route promises. */
  | 'ANSWER_INVALID'
  | 'ANSWER_TOO_LARGE'
  /** The bytes do not hash to the root that was asked for. */
  | 'PAYLOAD_HASH_MISMATCH';

/** Why one item of a batch was refused. */
export interface ItemFailure {
  index: number;
  /** HTTP status. */
  code: number;
  /** Name of the refusal, an `ErrorCode` of this version or a later one. */
  error: string;
  message: string;
}

/** What a relay refused, or why it could not be asked. */
export class RelayError extends Error {
  override readonly name = 'RelayError';
  /** HTTP status; undefined when no answer came. */
  readonly status?: number | undefined;
  /** The items of a batch that were refused. */
  readonly failures: readonly ItemFailure[];
  /** Answers of a batch's items, null for those refused. */
  readonly data?: readonly unknown[] | undefined;
  /** `X-Request-Id` of the answer, for the relay's operator. */
  readonly requestId?: string | undefined;
  /** From `Retry-After`, milliseconds. */
  readonly retryAfterMs?: number | undefined;

  constructor(
    /** A name of the protocol's error table, one of a later version, or a {@link TransportCode}. */
    readonly code: ErrorCode | TransportCode | (string & {}),
    message: string,
    details: {
      status?: number | undefined;
      failures?: readonly ItemFailure[] | undefined;
      data?: readonly unknown[] | undefined;
      requestId?: string | undefined;
      retryAfterMs?: number | undefined;
      cause?: unknown;
    } = {},
  ) {
    super(message, { cause: details.cause });
    this.status = details.status;
    this.failures = details.failures ?? [];
    this.data = details.data;
    this.requestId = details.requestId;
    this.retryAfterMs = details.retryAfterMs;
  }

  /** Whether the same request may succeed later: nothing was heard, 429, or a failure of the relay; never another refusal. */
  get isTransient(): boolean {
    if (this.status === undefined) return this.code === 'NETWORK_FAILED' || this.code === 'TIMED_OUT';
    return this.status === 429 || this.status >= 500;
  }
}
