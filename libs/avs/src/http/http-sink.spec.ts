import { sha256, type Hex } from '@odf/protocol';
import { HttpSink, SinkUnavailableError, type HttpSinkOptions } from './http-sink.js';

const bytes = (value: string, length: number): Hex => `0x${value.repeat(length)}`;
const submission = {
  task_id: bytes('01', 32),
  avs_id: bytes('02', 32),
  operator: bytes('03', 20),
  validator_root: bytes('04', 32),
  result: Buffer.from('result'),
  signature: bytes('05', 65),
};
const reference = bytes('ab', 32);
const json =
  (status: number, body: unknown, headers = {}) =>
  () =>
    Promise.resolve(new Response(JSON.stringify(body), { status, headers }));
const down = () => Promise.reject(new TypeError('fetch failed'));

/** A sink whose AVS gives these answers in turn, and what it saw. */
function sinkWith(answers: (() => Promise<Response>)[], options: Partial<HttpSinkOptions> = {}) {
  const requests: { url: string; init: RequestInit }[] = [];
  const pauses: number[] = [];
  const sink = new HttpSink({
    callbackUrl: 'https://avs.example/answers',
    fetch: (url, init) => {
      requests.push({ url: url as string, init: init! });
      return answers[Math.min(requests.length, answers.length) - 1]!();
    },
    sleep: async (ms) => void pauses.push(ms),
    ...options,
  });
  return { sink, requests, pauses };
}

describe('HttpSink', () => {
  it('posts the response under the key of its task and operator', async () => {
    const { sink, requests } = sinkWith([json(200, { reference })]);
    expect(await sink.submit(submission)).toEqual({ status: 'accepted', reference });
    expect(requests).toHaveLength(1);
    const [{ url, init }] = requests as [(typeof requests)[0]];
    expect(url).toBe('https://avs.example/answers');
    expect(init).toMatchObject({ method: 'POST', redirect: 'error' });
    expect(init.headers).toMatchObject({ 'idempotency-key': `${submission.task_id}:${submission.operator}` });
    expect(JSON.parse(init.body as string)).toEqual({ ...submission, result: '0x726573756c74' });
  });

  it('refers to the answer itself where the AVS gives no reference', async () => {
    const { sink } = sinkWith([() => Promise.resolve(new Response('thanks', { status: 202 }))]);
    expect(await sink.submit(submission)).toEqual({ status: 'accepted', reference: sha256(Buffer.from('thanks')) });
  });

  it.each([
    ['429', json(429, {})],
    ['500', json(500, {})],
    ['503', json(503, {})],
    ['a network error', down],
    ['an endless answer', () => Promise.resolve(new Response(new Uint8Array(65_537)))],
  ])('tries again after %s, waiting twice as long each time', async (_, failure) => {
    const { sink, requests, pauses } = sinkWith([failure, failure, failure, json(200, { reference })]);
    expect(await sink.submit(submission)).toEqual({ status: 'accepted', reference });
    expect(pauses).toEqual([250, 500, 1_000]);
    expect(new Set(requests.map(({ init }) => init.body)).size).toBe(1);
  });

  it('waits as long as Retry-After says, ten seconds at most', async () => {
    const { sink, pauses } = sinkWith([
      json(429, {}, { 'retry-after': '3' }),
      json(503, {}, { 'retry-after': '3600' }),
      json(200, {}),
    ]);
    await sink.submit(submission);
    expect(pauses).toEqual([3_000, 10_000]);
  });

  it('gives up after its retries, saying why', async () => {
    const { sink, requests } = sinkWith([down], { retries: 2 });
    await expect(sink.submit(submission)).rejects.toThrow(SinkUnavailableError);
    expect(requests).toHaveLength(3);
    await expect(sinkWith([json(502, {})]).sink.submit(submission)).rejects.toThrow('in 6 attempts: HTTP 502');
  });

  it('ends an attempt that gets no answer in time', async () => {
    const { sink, requests } = sinkWith([], {
      timeoutMs: 1,
      retries: 0,
      fetch: (_, init) =>
        new Promise((__, reject) =>
          init!.signal!.addEventListener('abort', () => reject(init!.signal!.reason as Error)),
        ),
    });
    await expect(sink.submit(submission)).rejects.toThrow(SinkUnavailableError);
    expect(requests).toHaveLength(0);
  });

  it('takes a conflict for accepted only if the AVS knows this very response', async () => {
    const same = sinkWith([json(409, { same: true, reference })]);
    expect(await same.sink.submit(submission)).toEqual({ status: 'accepted', reference });
    const other = sinkWith([json(409, { same: false, reference, message: 'Another was accepted.' })]);
    expect(await other.sink.submit(submission)).toEqual({
      status: 'rejected',
      reference,
      reason: 'Another was accepted.',
    });
    const silent = sinkWith([json(409, 'conflict')]);
    expect(await silent.sink.submit(submission)).toMatchObject({ status: 'rejected', reason: 'HTTP 409' });
  });

  it.each([400, 403, 404, 422])('takes %i for a rejection at once', async (status) => {
    const { sink, requests } = sinkWith([json(status, { reference: 'not a reference', message: 'Wrong.' })]);
    expect(await sink.submit(submission)).toEqual({
      status: 'rejected',
      reference: sha256(Buffer.from(JSON.stringify({ reference: 'not a reference', message: 'Wrong.' }))),
      reason: 'Wrong.',
    });
    expect(requests).toHaveLength(1);
  });

  it('stops when its caller does', async () => {
    const caller = new AbortController();
    const { sink, requests } = sinkWith([
      () => {
        caller.abort(new Error('the window is over'));
        return down();
      },
    ]);
    await expect(sink.submit(submission, caller.signal)).rejects.toThrow('the window is over');
    expect(requests).toHaveLength(1);
  });
});
