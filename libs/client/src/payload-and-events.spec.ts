import { randomBytes } from 'node:crypto';
import { sha256 } from '@odf/protocol';
import { answerJson, TinyServer } from '../test/tiny-server.js';
import { createRelayClient, retrying, RelayError, type RelayClient } from './index.js';

const noWait = async () => undefined;

describe('payloads and events', () => {
  const server = new TinyServer();
  let client: RelayClient;
  beforeAll(() => server.start());
  afterAll(() => server.stop());
  beforeEach(() => {
    server.seen.length = 0;
    client = createRelayClient({ url: server.origin });
  });

  const bytes = randomBytes(50_000);
  const serveFrom = (start: number) => ({
    'content-type': 'application/octet-stream',
    'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}`,
    'content-length': `${bytes.length - start}`,
  });

  it('goes on where an interrupted download broke off', async () => {
    server.handler = ({ headers }, response) => {
      const start = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);
      response.writeHead(start > 0 ? 206 : 200, serveFrom(start));
      if (start > 0) response.end(bytes.subarray(start));
      else response.write(bytes.subarray(0, 20_000), () => setImmediate(() => response.destroy()));
    };
    const got = await client.getPayload(sha256(bytes), { sleep: noWait, size: bytes.length });
    expect(Buffer.compare(got, bytes)).toBe(0);
    expect(server.seen.map(({ headers }) => headers.range)).toEqual([undefined, 'bytes=20000-']);
  });

  it('refuses bytes that hash to something else, and more bytes than announced', async () => {
    server.handler = (_, response) => response.writeHead(200).end(bytes);
    const other = sha256(Buffer.from('other'));
    await expect(client.getPayload(other)).rejects.toMatchObject({ code: 'PAYLOAD_HASH_MISMATCH' });
    await expect(client.getPayload(other, { size: 10 })).rejects.toMatchObject({ code: 'ANSWER_TOO_LARGE' });
  });

  it('follows events over a broken connection with Last-Event-ID', async () => {
    server.handler = ({ headers }, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const after = Number(headers['last-event-id'] ?? 0);
      response.end(`: hello\n\nid: ${after + 1}\nevent: task_announced\ndata: {"n":"${after + 1}"}\n\n`);
    };
    const stop = new AbortController();
    const seen: unknown[] = [];
    for await (const event of client.events(['task_announced', 'outcome'], { signal: stop.signal, sleep: noWait })) {
      seen.push(event);
      if (seen.length === 3) stop.abort();
    }
    expect(seen).toEqual([1, 2, 3].map((n) => ({ id: `${n}`, topic: 'task_announced', data: { n: `${n}` } })));
    expect(server.seen[0]!.url).toBe('/relay/v1/events?topics=task_announced%2Coutcome');
  });

  it('gives up on events that the relay refuses', async () => {
    server.handler = (_, response) => answerJson(response, 400, { code: 400, error: 'REQUEST_MALFORMED', message: '' });
    const events = client.events(['claim'], { signal: new AbortController().signal, sleep: noWait });
    await expect(events.next()).rejects.toMatchObject({ code: 'REQUEST_MALFORMED' });
  });
});

describe('retrying', () => {
  const failing = (errors: Error[]) => async () => {
    const error = errors.shift();
    if (error) throw error;
    return 'done';
  };
  const busy = (status: number, retryAfterMs?: number) => new RelayError('X', 'x', { status, retryAfterMs });

  it('waits at least Retry-After and doubles its jitter', async () => {
    const waits: number[] = [];
    const sleep = async (ms: number) => void waits.push(ms);
    const task = failing([busy(503, 3000), busy(429), new RelayError('NETWORK_FAILED', 'x'), busy(500)]);
    expect(await retrying(task, { sleep, random: () => 0.5, baseMs: 100, maxMs: 300 })).toBe('done');
    expect(waits).toEqual([3050, 100, 150, 150]);
  });

  it.each([400, 404, 409, 422])('never repeats after %i', async (status) => {
    const errors = [busy(status), busy(status)];
    await expect(retrying(failing(errors), { sleep: noWait })).rejects.toMatchObject({ status });
    expect(errors).toHaveLength(1);
  });

  it('ends after its attempts with the last failure', async () => {
    const errors = [busy(503), busy(503), busy(503)];
    await expect(retrying(failing(errors), { sleep: noWait, attempts: 2 })).rejects.toMatchObject({ status: 503 });
    expect(errors).toHaveLength(1);
  });
});
