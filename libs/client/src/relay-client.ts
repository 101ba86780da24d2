import { type AnswerOf, type Hex, type Topic } from '@odf/protocol';
import { readAnswer, readBytes, refusalOf, retryAfterMs } from './answer.js';
import { Cancellation } from './cancellation.js';
import type { Connection } from './connection.js';
import { followEvents, type EventsOptions, type RelayEvent } from './events.js';
import { fetchPayload, type PayloadOptions } from './payload.js';
import { RelayError } from './relay-error.js';
import { parseRelayUrl, type RelayUrl } from './relay-url.js';
import { bodyOf, pathOf, type AnyRoute, type CallOptions, type LooseOptions } from './request.js';

/** How a client reaches its relay. */
export interface RelayClientOptions {
  /** `https://0x<pubkey>@host[:port]`; tools that check no signature may leave the key out. */
  url: string | RelayUrl;
  /** Replaced in tests; default the global `fetch`. */
  fetch?: typeof fetch;
  /** Gives up after so long, milliseconds; default 10,000. */
  timeoutMs?: number;
  /** Bearer token of the internal routes and of `createTask`. */
  token?: string;
  /** Largest answer in bytes, payloads aside; default 64 MiB. */
  maxAnswerBytes?: number;
}

/** What a relay answered. */
export interface RelayAnswer<A> {
  status: number;
  /** Decoded by the route's schema; null for 204 and for routes without an answer. */
  data: A | null;
  /** From `Retry-After`, e.g. of a 202. */
  retryAfterMs?: number | undefined;
}

/** A relay, typed by the protocol's routes. */
export interface RelayClient extends Connection {
  /**
   * Calls a route.
   *
   * @throws {RelayError} for refusals, unreadable answers, time-outs and network failures; the signal's reason when aborted.
   */
  call<R extends AnyRoute>(route: R, ...options: ArgumentsOf<R>): Promise<RelayAnswer<AnswerOf<R>>>;
  /** Calls a route and returns its data; an answer without data is refused (ANSWER_INVALID). */
  data<R extends AnyRoute>(route: R, ...options: ArgumentsOf<R>): Promise<AnswerOf<R>>;
  /** A ciphertext by its SHA-256, which is checked; an interrupted download goes on where it broke off. */
  getPayload(root: Hex, options?: PayloadOptions): Promise<Uint8Array>;
  /** The relay's events for ever, reconnecting and resuming until aborted. */
  events(topics: readonly Topic[], options: EventsOptions): AsyncGenerator<RelayEvent, void>;
}

type NoRequired<T> = Record<never, never> extends T ? true : false;
/** Options may be left out when the route needs none. */
export type ArgumentsOf<R> =
  NoRequired<CallOptions<R>> extends true ? [options?: CallOptions<R>] : [options: CallOptions<R>];

const MIB = 1 << 20;

/**
 * Makes a client of one relay.
 *
 * @throws {RangeError} when the URL is not a relay's.
 * @example
 * const client = createRelayClient({ url: 'https://0x…@relay.example' });
 * const info = await client.data(routes.info);
 */
export function createRelayClient(options: RelayClientOptions): RelayClient {
  return new HttpRelayClient(options);
}

class HttpRelayClient implements RelayClient {
  readonly url: RelayUrl;
  readonly #fetch: typeof fetch;
  readonly #timeoutMs: number;
  readonly #maxAnswerBytes: number;
  readonly #headers: Record<string, string>;

  constructor({ url, fetch: fetcher, timeoutMs, token, maxAnswerBytes }: RelayClientOptions) {
    this.url = typeof url === 'string' ? parseRelayUrl(url) : url;
    this.#fetch = fetcher ?? fetch;
    this.#timeoutMs = timeoutMs ?? 10_000;
    this.#maxAnswerBytes = maxAnswerBytes ?? 64 * MIB;
    this.#headers = token ? { authorization: `Bearer ${token}` } : {};
  }

  async call<R extends AnyRoute>(route: R, ...[given]: ArgumentsOf<R>): Promise<RelayAnswer<AnswerOf<R>>> {
    const options = (given ?? {}) as LooseOptions;
    const request = bodyOf(route, options);
    const wait = Number((options.query as { wait_ms?: number } | undefined)?.wait_ms ?? 0);
    const accept = options.ssz && route.answer.ssz ? 'application/octet-stream' : 'application/json';
    const path = pathOf(route, options, this.url.search);
    const init = {
      method: route.method,
      headers: { accept, ...(request && { 'content-type': request.type }) },
      ...(request && { body: request.content }),
    };
    const late = () => new RelayError('TIMED_OUT', `${this.url.origin} did not answer in time.`);
    const cancellation = new Cancellation(options.signal, options.timeoutMs ?? this.#timeoutMs + wait, late);
    try {
      const response = await this.open(path, init, cancellation);
      const bytes = await this.#read(response, cancellation);
      if (!response.ok) throw refusalOf(route, response, bytes);
      return {
        status: response.status,
        data: readAnswer(route, response, bytes) as AnswerOf<R> | null,
        retryAfterMs: retryAfterMs(response.headers),
      };
    } finally {
      cancellation.end();
    }
  }

  async data<R extends AnyRoute>(route: R, ...options: ArgumentsOf<R>): Promise<AnswerOf<R>> {
    const { data, status } = await this.call(route, ...options);
    if (data === null) throw new RelayError('ANSWER_INVALID', `${route.name} was answered without data.`, { status });
    return data;
  }

  async open(path: string, init: RequestInit, cancellation: Cancellation): Promise<Response> {
    const headers = { ...this.#headers, ...(init.headers as Record<string, string>) };
    // A relay serves its origin: a redirect would take signed messages to somebody else.
    const all: RequestInit = { ...init, headers, signal: cancellation.signal, redirect: 'error' };
    return this.#attempt(cancellation, this.#fetch(`${this.url.origin}${path}`, all));
  }

  getPayload(root: Hex, options: PayloadOptions = {}): Promise<Uint8Array> {
    return fetchPayload(this, root, { timeoutMs: this.#timeoutMs, ...options });
  }

  events(topics: readonly Topic[], options: EventsOptions): AsyncGenerator<RelayEvent, void> {
    return followEvents(this, topics, options);
  }

  #read(response: Response, cancellation: Cancellation): Promise<Buffer> {
    return this.#attempt(cancellation, readBytes(response, this.#maxAnswerBytes, cancellation));
  }

  async #attempt<T>(cancellation: Cancellation, work: Promise<T>): Promise<T> {
    try {
      return await cancellation.race(work);
    } catch (cause) {
      cancellation.signal.throwIfAborted();
      throw cause instanceof RelayError ? cause : transportError(this.url.origin, cause);
    }
  }
}

function transportError(origin: string, cause: unknown): RelayError {
  const { message, cause: inner } = cause as Error & { cause?: Error & { code?: string } };
  const why = inner?.code ?? inner?.message ?? message;
  return new RelayError('NETWORK_FAILED', `${origin} cannot be reached: ${why}`, { cause });
}
