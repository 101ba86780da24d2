import { MemoryLiveStore } from '@odf/live-store';
import { EventsRepository } from '@odf/persistence';
import type { Topic } from '@odf/protocol';
import { ManualClock } from '@odf/telemetry';
import { createTestDatabase, waitFor, type TestDatabase } from '@odf/testing';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import type { DataSource } from 'typeorm';
import { failOnError } from '../../test/instance.js';
import { readRelayConfig } from '../relay.config.js';
import { RelayMetrics } from '../relay.metrics.js';
import { EventStreams } from './event-streams.js';
import { EventsService } from './events.service.js';

jest.setTimeout(60_000);

const STARTED_MS = 1_000_000;

let database: TestDatabase;
let dataSource: DataSource;
let events: EventsRepository;
let service: EventsService;
let streams: EventStreams;
let server: Server;
const clock = new ManualClock(STARTED_MS);
const clients: IncomingMessage[] = [];

/** What a client has received so far. */
interface Client {
  status: number;
  text(): string;
  ids(): number[];
  ended(): boolean;
  close(): void;
}

beforeEach(async () => {
  database = await createTestDatabase();
  dataSource = await database.connect();
  events = new EventsRepository(dataSource);
  const liveStore = new MemoryLiveStore(clock, failOnError);
  service = new EventsService(events, liveStore, dataSource, clock);
  const config = readRelayConfig({ ODF_MAX_EVENT_STREAMS: '17' });
  streams = new EventStreams(events, liveStore, new RelayMetrics(), config, clock, pino({ level: 'silent' }));
  server = createServer((request, raw) => {
    const topics = (new URL(request.url!, 'http://x').searchParams.get('topics') ?? '').split(',') as Topic[];
    const reply = { hijack: () => undefined, raw, getHeaders: () => ({ 'x-request-id': 'r1' }) };
    const asked = Object.assign(request, { ip: request.headers['x-client'] ?? '::1' });
    streams
      .open(asked as unknown as FastifyRequest, reply as unknown as FastifyReply, topics)
      .catch((error: { status: number }) => raw.writeHead(error.status ?? 500).end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  await streams.onApplicationShutdown();
  for (const client of clients.splice(0)) client.destroy();
  await new Promise((resolve) => server.close(resolve));
  await database.drop();
});

async function connect(topics: string, headers: Record<string, string> = {}): Promise<Client> {
  const { port } = server.address() as AddressInfo;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get({ port, host: '127.0.0.1', path: `/?topics=${topics}`, headers, agent: false }, resolve).on('error', reject);
  });
  clients.push(response);
  let text = '';
  let ended = false;
  response.setEncoding('utf8').on('data', (part: string) => (text += part));
  response.on('close', () => (ended = true)).on('error', () => undefined);
  return {
    status: response.statusCode!,
    text: () => text,
    ids: () => [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id)),
    ended: () => ended,
    close: () => response.destroy(),
  };
}

const publish = (topic: Topic, n: number) => service.publish(topic, { n });
const receives = (client: Client, count: number) =>
  waitFor(() => client.ids().length >= count, { what: `${count} events` });
const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

it('streams events of the asked topics as they happen, in order', async () => {
  await publish('claim', 1);
  await streams.onApplicationBootstrap();
  const client = await connect('task_announced,outcome');
  expect(client.status).toBe(200);
  await Promise.all([publish('task_announced', 2), publish('claim', 3), publish('outcome', 4)]);
  await publish('outcome', 5);
  await receives(client, 3);
  const ids = client.ids();
  expect(ids).toEqual([...ids].sort((a, b) => a - b));
  expect(client.text()).toContain('event: outcome\ndata: {"n":5}\n\n');
  expect(client.text()).not.toMatch(/event: claim/);
});

it('resumes behind the last event seen, without a gap or a repeat while new ones arrive', async () => {
  const rows = (from: number, to: number) =>
    numbers(from, to).map((n) => ({ topic: 'outcome' as const, data: `${n}` }));
  await events.append(dataSource, rows(1, 1_200), STARTED_MS);
  await streams.onApplicationBootstrap();
  const connecting = connect('outcome', { 'last-event-id': '100' });
  for (let n = 1_201; n <= 1_230; n++) await publish('outcome', n);
  const client = await connecting;
  await receives(client, 1_130);
  expect(client.ids()).toEqual(numbers(101, 1_230));
});

it('goes on live for a client whose missed events are dropped already', async () => {
  for (let n = 1; n <= 3; n++) await publish('outcome', n);
  await streams.onApplicationBootstrap();
  await events.prune(STARTED_MS + 1);
  const client = await connect('outcome', { 'last-event-id': '1' });
  await waitFor(() => client.text().includes(': odf/1'));
  await publish('outcome', 4);
  await receives(client, 1);
  expect(client.ids()).toEqual([4]);
});

it('lets a client go whose missed events cannot be read, so that it comes back', async () => {
  for (let n = 1; n <= 3; n++) await publish('outcome', n);
  await streams.onApplicationBootstrap();
  jest.spyOn(events, 'after').mockRejectedValueOnce(new Error('the database is gone'));
  const client = await connect('outcome', { 'last-event-id': '1' });
  await waitFor(() => client.ended(), { what: 'the stream to end' });
  const again = await connect('outcome', { 'last-event-id': '1' });
  await receives(again, 2);
  expect(again.ids()).toEqual([2, 3]);
});

it('refuses a Last-Event-ID that is none', async () => {
  await streams.onApplicationBootstrap();
  for (const id of ['x', '-1', '1.5', '9'.repeat(19)]) {
    expect((await connect('outcome', { 'last-event-id': id })).status).toBe(400);
  }
});

it('caps the streams of a client and of the process, and takes another when one has left', async () => {
  await streams.onApplicationBootstrap();
  const open: Client[] = [];
  for (let n = 0; n < 16; n++) open.push(await connect('outcome'));
  expect(open.map(({ status }) => status)).toEqual(Array(16).fill(200));
  expect((await connect('outcome')).status).toBe(429);
  const other = { 'x-client': '::2' };
  expect((await connect('outcome', other)).status).toBe(200);
  expect((await connect('outcome', other)).status).toBe(429);
  open[0]!.close();
  await waitFor(async () => (await connect('outcome', other)).status === 200, { what: 'room for another' });
});

it('ends all streams when the process drains', async () => {
  await streams.onApplicationBootstrap();
  const open = [await connect('outcome'), await connect('claim')];
  streams.end();
  await waitFor(() => open.every((client) => client.ended()), { what: 'the streams to end' });
});
