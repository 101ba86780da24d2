import { routes, SignedBid, SignedHeader, zeroHex, type SignedBid as Bid } from '@odf/protocol';
import { answerJson, TinyServer } from '../test/tiny-server.js';
import { createRelayClient, paginate, RelayError, type RelayClient } from './index.js';

const root = `0x${'ab'.repeat(32)}` as const;
const pubkey = `0x${'cd'.repeat(48)}` as const;
const bid: Bid = {
  message: {
    auction_id: root,
    avs_id: root,
    coprocessor: pubkey,
    line_id: root,
    cover_wei_per_unit: 10n ** 20n,
    assurance: 0,
    standby: 1,
    steps: [{ fee_share_bps: 500, units: 3 }],
    valid_until: 9n,
    nonce: 1n,
  },
  signature: zeroHex(96),
};
const receipt = {
  receipt: { kind: '1', auction_id: root, subject_root: root, signer_root: root, seq: '1', at_ms: '5' },
  index: '0',
  branch: [root],
  batch: { message: { receipts_root: root, count: '1' }, signature: zeroHex(96) },
};
const header = {
  message: {
    auction_id: root,
    task_id: root,
    coprocessor: pubkey,
    role: 0,
    attestation_root: root,
    ciphertext_root: root,
    ciphertext_size: 4124n,
    key_hash: root,
    commit_by_ms: 1n,
  },
  signature: zeroHex(96),
};

describe('createRelayClient', () => {
  const server = new TinyServer();
  let client: RelayClient;
  beforeAll(() => server.start());
  afterAll(() => server.stop());
  beforeEach(() => {
    server.seen.length = 0;
    client = createRelayClient({ url: `${server.origin}/?id=me`, token: 'secret-token' });
  });

  const failure = async (call: Promise<unknown>): Promise<RelayError> =>
    call.then(
      () => Promise.reject(new Error('expected a failure')),
      (error: RelayError) => error,
    );

  it('writes a body as wire JSON and reads the enveloped answer', async () => {
    server.handler = (_, response) => answerJson(response, 200, { version: 'odf/1', data: receipt });
    const answer = await client.data(routes.placeBid, { body: bid });
    expect(JSON.parse(server.seen[0]!.body.toString())).toEqual(SignedBid.toJson(bid));
    expect(server.seen[0]).toMatchObject({ url: '/relay/v1/coprocessor/bids?id=me', method: 'POST' });
    expect(server.seen[0]!.headers.authorization).toBe('Bearer secret-token');
    expect(answer).toMatchObject({ receipt: { seq: 1n, kind: 1 } });
  });

  it('writes a batch of bids and reads the bare array of receipts', async () => {
    server.handler = (_, response) => answerJson(response, 200, [receipt, receipt]);
    expect(await client.data(routes.placeBid, { body: [bid, bid] })).toHaveLength(2);
    expect(JSON.parse(server.seen[0]!.body.toString())).toHaveLength(2);
  });

  it('writes SSZ that the route reads back', async () => {
    server.handler = (_, response) => answerJson(response, 200, { version: 'odf/1', data: receipt });
    await client.data(routes.placeBid, { body: bid, ssz: true });
    expect(server.seen[0]!.headers['content-type']).toBe('application/octet-stream');
    expect(routes.placeBid.body!.ssz!(server.seen[0]!.body)).toEqual(bid);
  });

  it('can write SSZ for every route that reads it', async () => {
    const reading = Object.values(routes).filter((route) => route.body?.ssz);
    expect(reading.map(({ name }) => name).sort()).toEqual(
      ['commit', 'deliver', 'placeBid', 'postClaim', 'registerValidators'].sort(),
    );
  });

  it('reads an SSZ header when it asks for one', async () => {
    server.handler = (_, response) =>
      response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(SignedHeader.serialize(header));
    const params = { task_id: root, pubkey };
    expect(await client.data(routes.getHeader, { params, ssz: true, query: { wait_ms: 5 } })).toEqual(header);
    expect(server.seen[0]!.url).toBe(`/relay/v1/validator/header/${root}/${pubkey}?wait_ms=5`);
  });

  it('gives null for 204', async () => {
    server.handler = (_, response) => response.writeHead(204).end();
    expect(await client.call(routes.getHeader, { params: { task_id: root, pubkey } })).toMatchObject({
      status: 204,
      data: null,
    });
  });

  it('tells Retry-After of a 202', async () => {
    server.handler = (_, response) =>
      answerJson(response, 202, { version: 'odf/1', data: { receipt } }, { 'retry-after': '2' });
    const body = {
      message: { auction_id: root, task_id: root, coprocessor: pubkey, attestation_root: root, fee_wei: 1n },
      validator: pubkey,
      signature: zeroHex(96),
    };
    expect(await client.call(routes.commit, { body })).toMatchObject({ status: 202, retryAfterMs: 2000 });
  });

  it('throws the refusal with code, failures, data and request id', async () => {
    server.handler = (_, response) =>
      answerJson(
        response,
        400,
        {
          code: 400,
          error: 'BATCH_PARTLY_REFUSED',
          message: 'one of two',
          failures: [{ index: 1, code: 409, error: 'BID_NONCE_STALE', message: 'raise it' }],
          data: [receipt, null],
        },
        { 'x-request-id': 'r-1' },
      );
    const error = await failure(client.call(routes.placeBid, { body: [bid, bid] }));
    expect(error).toMatchObject({ code: 'BATCH_PARTLY_REFUSED', status: 400, requestId: 'r-1', isTransient: false });
    expect(error.failures).toEqual([{ index: 1, code: 409, error: 'BID_NONCE_STALE', message: 'raise it' }]);
    expect(error.data).toMatchObject([{ receipt: { seq: 1n } }, null]);
  });

  it.each([
    ['no envelope', 200, receipt],
    ['another version', 200, { version: 'odf/2', data: receipt }],
    ['an unknown member', 200, { version: 'odf/1', data: { ...receipt, more: 1 } }],
    ['a number where a decimal string belongs', 200, { version: 'odf/1', data: { ...receipt, index: 0 } }],
    ['a status of success that is not its own', 201, { version: 'odf/1', data: receipt }],
    ['an error page', 502, '<html>'],
  ])('refuses an answer with %s', async (_, status, json) => {
    server.handler = (_request, response) => answerJson(response, status, json);
    expect(await failure(client.call(routes.placeBid, { body: bid }))).toMatchObject({ code: 'ANSWER_INVALID' });
  });

  it('refuses an answer beyond the limit', async () => {
    server.handler = (_, response) => answerJson(response, 200, ['x'.repeat(200)]);
    const small = createRelayClient({ url: server.origin, maxAnswerBytes: 100 });
    expect(await failure(small.call(routes.listAvs))).toMatchObject({ code: 'ANSWER_TOO_LARGE' });
  });

  it('never follows a redirect', async () => {
    server.handler = (_, response) => response.writeHead(307, { location: '/relay/v1/avs' }).end();
    expect(await failure(client.call(routes.info))).toMatchObject({ code: 'NETWORK_FAILED' });
    expect(server.seen).toHaveLength(1);
  });

  it('times out, and ends at once when aborted', async () => {
    server.handler = () => undefined;
    expect(await failure(client.call(routes.info, { timeoutMs: 20 }))).toMatchObject({ code: 'TIMED_OUT' });
    const stop = new AbortController();
    const call = client.call(routes.info, { signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(call).rejects.toThrow('enough');
  });

  it('says when nobody listens', async () => {
    const nobody = createRelayClient({ url: 'http://127.0.0.1:1' });
    expect(await failure(nobody.call(routes.info))).toMatchObject({ code: 'NETWORK_FAILED', isTransient: true });
  });

  it('walks pages to the end', async () => {
    const validator = `0x${'ab'.repeat(48)}`;
    const item = (id: string) => ({ id, task_id: root, validator, status: '2', reference: root, at_ms: '1' });
    server.handler = ({ url }, response) =>
      answerJson(response, 200, url.includes('cursor=b') ? [item('c')] : [item('a'), item('b')]);
    const ids: string[] = [];
    for await (const { id } of paginate(client, routes.dataOutcomes, { query: { limit: 2 } })) ids.push(id);
    expect(ids).toEqual(['a', 'b', 'c']);
  });
});
