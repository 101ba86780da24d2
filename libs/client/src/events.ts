import { routes, type Topic } from '@odf/protocol';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { readBytes, refusalOf } from './answer.js';
import { Cancellation, chunksOf } from './cancellation.js';
import type { Connection } from './connection.js';
import { RelayError } from './relay-error.js';
import { pathOf } from './request.js';
import { backoffMs, sleep, type RetryOptions } from './retrying.js';

/** One event of a relay. */
export interface RelayEvent {
  /** Resumes the stream behind this event; undefined when the relay gave none. */
  id?: string | undefined;
  topic: Topic;
  /** The JSON of the thing's route; a wake-up, not proof: fetch and check what it names. */
  data: unknown;
}

/** How events are followed. */
export interface EventsOptions extends Omit<RetryOptions, 'attempts'> {
  /** Ends the stream. */
  signal: AbortSignal;
  /** The last event already seen. */
  lastEventId?: string | undefined;
  /** Reconnects when not even a comment comes for so long, milliseconds; default 60,000. */
  idleMs?: number;
  /** Told of every broken connection before the pause. */
  onDisconnect?: (error: RelayError) => void;
}

const ERROR_BYTES = 1 << 16;

/**
 * Follows a relay's events until aborted: reconnects with rising pauses and resumes with `Last-Event-ID`.
 *
 * @throws {RelayError} when the relay refuses the stream for good (4xx other than 429).
 */
export async function* followEvents(
  client: Connection,
  topics: readonly Topic[],
  options: EventsOptions,
): AsyncGenerator<RelayEvent, void> {
  const position = { id: options.lastEventId, retryMs: 0 };
  const wait = options.sleep ?? sleep;
  for (let failures = 0; !options.signal.aborted; failures++) {
    let broken = new RelayError('NETWORK_FAILED', 'The relay ended the event stream.');
    try {
      for await (const event of readStream(client, topics, position, options)) {
        failures = 0;
        yield event;
      }
    } catch (error) {
      if (options.signal.aborted) return;
      if (!(error instanceof RelayError) || !error.isTransient) throw error;
      broken = error;
    }
    options.onDisconnect?.(broken);
    const pause = backoffMs(failures, options, Math.max(broken.retryAfterMs ?? 0, position.retryMs));
    await wait(pause, options.signal).catch((error: unknown) => {
      if (!options.signal.aborted) throw error;
    });
  }
}

interface Position {
  id: string | undefined;
  /** The pause that the relay asks for before reconnecting. */
  retryMs: number;
}

async function* readStream(
  client: Connection,
  topics: readonly Topic[],
  position: Position,
  { signal, idleMs = 60_000 }: EventsOptions,
): AsyncGenerator<RelayEvent, void> {
  const silent = () => new RelayError('TIMED_OUT', `Nothing came on the event stream for ${idleMs} ms.`);
  const cancellation = new Cancellation(signal, idleMs, silent);
  try {
    const path = pathOf(routes.events, { query: { topics } }, client.url.search);
    const headers = { accept: 'text/event-stream', ...(position.id !== undefined && { 'last-event-id': position.id }) };
    const response = await client.open(path, { headers }, cancellation);
    if (!response.ok) throw refusalOf(routes.events, response, await readBytes(response, ERROR_BYTES, cancellation));
    yield* parse(response, position, cancellation);
  } catch (error) {
    if (error instanceof RelayError) throw error;
    const why = (error as Error).message;
    throw new RelayError('NETWORK_FAILED', `The event stream broke off: ${why}`, { cause: error });
  } finally {
    cancellation.end();
  }
}

async function* parse(
  response: Response,
  position: Position,
  cancellation: Cancellation,
): AsyncGenerator<RelayEvent, void> {
  const ready: EventSourceMessage[] = [];
  const parser = createParser({
    onEvent: (event) => ready.push(event),
    onRetry: (ms) => (position.retryMs = ms),
  });
  const decoder = new TextDecoder();
  for await (const bytes of chunksOf(response, cancellation)) {
    cancellation.refresh();
    parser.feed(decoder.decode(bytes, { stream: true }));
    for (const { id, event, data } of ready.splice(0)) {
      yield { id, topic: event as Topic, data: parseData(data) };
      position.id = id ?? position.id;
    }
  }
}

function parseData(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new RelayError('ANSWER_INVALID', 'An event of the relay carries no JSON.', { cause });
  }
}
