import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { LiveStore, type Unsubscribe } from '@odf/live-store';
import { EventsRepository, type EventRecord } from '@odf/persistence';
import { OdfError, type Topic } from '@odf/protocol';
import { type Clock } from '@odf/telemetry';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { type RelayConfig } from '../relay.config.js';
import { RelayMetrics } from '../relay.metrics.js';
import { CLOCK, LOGGER, RELAY_CONFIG } from '../relay.tokens.js';
import { EVENTS_TOPIC } from './events.service.js';

const PAGE = 500;
const KEEP_ALIVE_MS = 15_000;
const PRUNE_MS = 3_600_000;
/** How long a client can resume. */
const RETENTION_MS = 7 * 86_400_000;
/** A client that reads slower than this many buffered bytes is let go; it resumes by Last-Event-ID. */
const MAX_BUFFERED_BYTES = 8 * 1024 * 1024;

interface Stream {
  response: ServerResponse;
  topics: ReadonlySet<Topic>;
  client: string;
  /** The last id written or passed over. */
  at: bigint;
}

/** The open event streams of this process: all read one shared tail of the durable log. */
@Injectable()
export class EventStreams implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #streams = new Set<Stream>();
  readonly #perClient = new Map<string, number>();
  #tail = 0n;
  #reading = false;
  #again = false;
  #unsubscribe: Unsubscribe | undefined;
  #keepAlive: NodeJS.Timeout | undefined;
  #prune: NodeJS.Timeout | undefined;

  constructor(
    private readonly events: EventsRepository,
    private readonly liveStore: LiveStore,
    private readonly metrics: RelayMetrics,
    @Inject(RELAY_CONFIG) private readonly config: RelayConfig,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.#tail = BigInt(await this.events.newestId());
    this.#unsubscribe = await this.liveStore.subscribe(EVENTS_TOPIC, () => this.#pump());
    this.#keepAlive = setInterval(() => {
      for (const { response } of this.#streams) response.write(': keep-alive\n\n');
      this.#pump();
    }, KEEP_ALIVE_MS).unref();
    this.#prune = setInterval(() => void this.#forgetOld(), PRUNE_MS).unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.#keepAlive);
    clearInterval(this.#prune);
    await this.#unsubscribe?.();
    for (const { response } of this.#streams) response.end();
  }

  async #forgetOld(): Promise<void> {
    try {
      await this.events.prune(this.clock.nowMs() - RETENTION_MS);
    } catch (error) {
      this.logger.warn({ err: error }, 'dropping old events failed and is tried again in an hour');
    }
  }

  /** Ends all streams, so that clients move to another instance while this one drains. */
  end(): void {
    for (const { response } of this.#streams) response.end();
  }

  /**
   * Serves a stream until its client leaves.
   *
   * @throws {OdfError} RATE_LIMITED when this process or client has too many; REQUEST_MALFORMED for a Last-Event-ID that is none.
   */
  async open(request: FastifyRequest, reply: FastifyReply, topics: readonly Topic[]): Promise<void> {
    const resume = lastEventId(request);
    const client = request.ip;
    this.#assertRoom(client);
    reply.hijack();
    const response = reply.raw;
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      ...(reply.getHeaders() as Record<string, string>),
    });
    response.write(': odf/1\n\n');
    const stream: Stream = {
      response,
      topics: new Set(topics),
      client,
      at: resume !== undefined && resume < this.#tail ? resume : this.#tail,
    };
    this.#enter(stream);
    response.on('close', () => this.#leave(stream));
    if (resume !== undefined) await this.#catchUp(stream);
  }

  #assertRoom(client: string): void {
    const perClient = Math.max(16, Math.floor(this.config.maxEventStreams / 100));
    if (this.#streams.size >= this.config.maxEventStreams || (this.#perClient.get(client) ?? 0) >= perClient) {
      throw new OdfError('RATE_LIMITED', 'Too many event streams are open.', 5);
    }
  }

  #enter(stream: Stream): void {
    this.#streams.add(stream);
    this.#perClient.set(stream.client, (this.#perClient.get(stream.client) ?? 0) + 1);
    this.metrics.eventStreams.set(this.#streams.size);
  }

  #leave(stream: Stream): void {
    if (!this.#streams.delete(stream)) return;
    const left = (this.#perClient.get(stream.client) ?? 1) - 1;
    if (left > 0) this.#perClient.set(stream.client, left);
    else this.#perClient.delete(stream.client);
    this.metrics.eventStreams.set(this.#streams.size);
  }

  /** Reads what the stream has missed; the pump skips a stream until it stands at the tail. */
  async #catchUp(stream: Stream): Promise<void> {
    try {
      while (this.#streams.has(stream) && stream.at < this.#tail) {
        const tail = this.#tail;
        const page = await this.events.after(stream.at.toString(), PAGE);
        for (const event of page) deliver(stream, event);
        // What it missed may have been dropped meanwhile: then it is at the tail without another event.
        if (page.length === 0) stream.at = tail;
        if (stream.response.writableNeedDrain) await drained(stream.response);
      }
    } catch (error) {
      this.logger.warn({ err: error }, 'reading missed events failed; the client is let go and resumes');
      stream.response.destroy();
    }
  }

  /** Reads the tail until nothing is new; one reader at a time. */
  #pump(): void {
    this.#again = true;
    if (this.#reading) return;
    this.#reading = true;
    this.#readTail().catch((error: unknown) => {
      this.logger.warn({ err: error }, 'reading events failed and is tried again at the next one');
    });
  }

  async #readTail(): Promise<void> {
    try {
      while (this.#again) {
        this.#again = false;
        const page = await this.events.after(this.#tail.toString(), PAGE);
        for (const event of page) this.#broadcast(event);
        if (page.length === PAGE) this.#again = true;
      }
    } finally {
      // In the same turn as the last look at #again, so that no wake-up falls between them.
      this.#reading = false;
    }
  }

  #broadcast(event: EventRecord): void {
    const before = this.#tail;
    this.#tail = BigInt(event.id);
    for (const stream of this.#streams) if (stream.at >= before) deliver(stream, event);
  }
}

function deliver(stream: Stream, event: EventRecord): void {
  const id = BigInt(event.id);
  if (id <= stream.at) return;
  stream.at = id;
  if (!stream.topics.has(event.topic)) return;
  stream.response.write(`id: ${event.id}\nevent: ${event.topic}\ndata: ${event.data}\n\n`);
  if (stream.response.writableLength > MAX_BUFFERED_BYTES) stream.response.destroy();
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    response.once('drain', resolve);
    response.once('close', resolve);
  });
}

function lastEventId(request: FastifyRequest): bigint | undefined {
  const header = request.headers['last-event-id'];
  if (header === undefined || header === '') return undefined;
  if (typeof header !== 'string' || !/^[0-9]{1,18}$/.test(header)) {
    throw new OdfError('REQUEST_MALFORMED', 'Last-Event-ID is no id of this stream.');
  }
  return BigInt(header);
}
