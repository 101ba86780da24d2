import {
  DelegationItem,
  Delivery,
  EnrollmentItem,
  ErrorAnswer,
  routes,
  SignedBid,
  SignedClaimRequest,
  SignedCommitment,
  SignedOutcome,
  toHex,
  Voucher,
  zeroHex,
  type Route,
} from '@odf/protocol';
import { testRegistration } from '@odf/testing';
import { request as openRequest } from 'node:http';
import { gzipSync } from 'node:zlib';
import { AVS_TOKEN } from '../support/avs.js';
import {
  badBids,
  badClaims,
  badCommitments,
  badDelegations,
  badDeliveries,
  badEnrollments,
  badOutcomes,
  badVouchers,
} from '../support/bad-messages.js';
import { fingerprint } from '../support/fingerprint.js';
import { fuzzRoutes } from '../support/fuzz.js';
import { exchange, type RawAnswer, type RawRequest } from '../support/http.js';
import { EMPTY_BLOB, inMs } from '../support/market.js';
import { OPERATOR_TOKEN, VIEWER_TOKEN } from '../support/relay-process.js';
import { setScene, type Scene } from '../support/scene.js';

jest.setTimeout(120_000);

const all = Object.values(routes as unknown as Record<string, Route>);
const octets = { 'content-type': 'application/octet-stream' };
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const REFUSES_ALL = ['blindedBlocksV1', 'blindedBlocksV2'];

describe('bad input', () => {
  let scene: Scene;
  let asked = 0;
  let before: Record<string, string>;
  beforeAll(async () => {
    scene = await setScene();
    before = await fingerprint(scene.relay);
  });
  /** Taken again after what has changed something on purpose. */
  const remember = async () => void (before = await fingerprint(scene.relay));
  afterEach(async () => expect(await fingerprint(scene.relay)).toEqual(before));

  /** The path of a route, its parameters filled in with what exists. */
  function pathOf({ path }: Pick<Route, 'path'>, change: Record<string, string> = {}): string {
    const isOfCoprocessor = path.includes('/coprocessor');
    const values: Record<string, string> = {
      avs_id: scene.market.avs('da').avs_id,
      auction_id: scene.closed,
      task_id: scene.task.task_id,
      pubkey: isOfCoprocessor ? scene.winner.pubkey : scene.validator.pubkey,
      ciphertext_root: scene.header.message.ciphertext_root,
      claim_id: zeroHex(32),
      bid_root: zeroHex(32),
      ...change,
    };
    return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name] ?? 'x');
  }

  const tokenFor = ({ access }: Route): Record<string, string> =>
    access === 'avs' ? bearer(AVS_TOKEN) : access === 'operator' ? bearer(OPERATOR_TOKEN) : {};

  /** Sends what must be refused, and checks everything that every refusal owes. */
  async function refused(path: string, request: RawRequest, status: number, error: string): Promise<RawAnswer> {
    const id = `bad-input-${(asked += 1)}`;
    const answer = await exchange(scene.relay, path, {
      ...request,
      headers: { ...request.headers, 'x-request-id': id },
    });
    expect(answer.text.slice(0, 500)).toContain(`"error":"${error}"`);
    expect(answer.status).toBe(status);
    const body = ErrorAnswer.parse(answer.json());
    expect(body).toMatchObject({ code: status, error, message: expect.stringMatching(/\w{3,}.*\.$/) });
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    expect(answer.headers.get('x-request-id')).toBe(id);
    expect(Math.abs(Number(answer.headers.get('date-milliseconds')) - Date.now())).toBeLessThan(10_000);
    if (status === 429 || status === 503) expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    return answer;
  }

  /** The request head alone, which announces a body; the answer must come without it. */
  function announced(path: string, headers: Record<string, string>): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      const request = openRequest(scene.relay.origin + path, { method: 'POST', headers, agent: false });
      request.once('response', (response) => {
        resolve(response.statusCode);
        request.destroy();
      });
      request.once('error', reject);
      request.flushHeaders();
    });
  }

  it('would be seen in the tables if it changed anything', async () => {
    expect(Object.keys(before)).toEqual(expect.arrayContaining(['bids', 'deliveries', 'events', 'outcomes']));
    const body = [testRegistration(scene.validator, 5n).json];
    expect((await exchange(scene.relay, routes.registerValidators.path, { body })).status).toBe(200);
    expect(await fingerprint(scene.relay)).not.toEqual(before);
    await remember();
  });

  describe.each(all.filter(({ body }) => body).map((route) => [route.name, route] as const))('to %s', (_, route) => {
    const send = (request: RawRequest, status: number, error: string) =>
      refused(pathOf(route), { ...request, headers: { ...tokenFor(route), ...request.headers } }, status, error);
    // What the largest configured AVS takes is less than what the protocol lets a delivery be.
    const limit = route.name === 'deliver' ? 1 << 20 : route.body!.limit;

    it.each([
      ['cut-off JSON', '{'],
      ['a string', '"x"'],
      ['a number', '5'],
      ['null', 'null'],
      ['an object of something else', '{"a":1}'],
      ['bytes that are no UTF-8', Buffer.from([0x22, 0xff, 0x22])],
      ['nothing', ''],
      ['deep nesting', '['.repeat(50_000) + ']'.repeat(50_000)],
    ])('%s is malformed', async (what, body) => {
      const batch = what === 'deep nesting' && route.body!.batch;
      const wrapped = batch || (what === 'an object of something else' && route.body!.batch?.one);
      const answer = await send(
        { body, headers: { 'content-type': 'application/json' } },
        400,
        what === 'deep nesting' && batch ? 'BATCH_PARTLY_REFUSED' : 'REQUEST_MALFORMED',
      );
      if (batch && wrapped) expect(answer.json<{ failures: object[] }>().failures).toMatchObject([{ index: 0 }]);
    });

    it('another content type or encoding is unsupported', async () => {
      for (const type of ['text/plain', 'application/xml', 'multipart/form-data; boundary=x']) {
        await send({ body: '{}', headers: { 'content-type': type } }, 415, 'MEDIA_TYPE_UNSUPPORTED');
      }
      await send({ body: '{}', headers: { 'content-encoding': 'br' } }, 415, 'MEDIA_TYPE_UNSUPPORTED');
    });

    it('bytes are no SSZ of it, or not taken at all', async () => {
      const request = { body: Buffer.from('not its SSZ'), headers: octets };
      if (route.body!.ssz) await send(request, 400, 'REQUEST_MALFORMED');
      else await send(request, 415, 'MEDIA_TYPE_UNSUPPORTED');
    });

    it('bad gzip is malformed, and a bomb is too large', async () => {
      const headers = { 'content-encoding': 'gzip' };
      await send({ body: Buffer.from('no gzip'), headers }, 400, 'REQUEST_MALFORMED');
      await send({ body: gzipSync('{"a":1}').subarray(0, -4), headers }, 400, 'REQUEST_MALFORMED');
      const bomb = gzipSync(Buffer.alloc(limit + 1, ' '));
      expect(bomb.length).toBeLessThan(limit / 500);
      await send({ body: bomb, headers }, 413, 'BODY_TOO_LARGE');
    });

    it('a body that is announced too large is refused unread', async () => {
      const headers = { ...tokenFor(route), 'content-type': 'application/json', 'content-length': String(limit + 1) };
      expect(await announced(pathOf(route), headers)).toBe(413);
    });
  });

  it.each(REFUSES_ALL)('%s refuses whatever comes', async (name) => {
    const route = all.find((each) => each.name === name)!;
    for (const body of ['{', '{}', Buffer.from([0])]) {
      await refused(pathOf(route), { body }, 400, 'BLOCKS_UNSUPPORTED');
    }
  });

  it.each(all.map((route) => [route.method, route.path, route] as const))(
    '%s %s is served, and by no other method',
    async (method, path, route) => {
      const answer = route.body ? { status: 400 } : await openHead(pathOf(route), method);
      const answersWithoutRows = ['getClaim', 'getClaimEvidence', 'getBidProof'].includes(route.name);
      expect([404, 405]).not.toContain(answersWithoutRows ? 0 : answer.status);
      for (const other of ['DELETE', 'PUT', 'PATCH']) {
        const { headers } = await refused(pathOf(route), { method: other }, 405, 'METHOD_NOT_ALLOWED');
        expect(headers.get('allow')?.split(', ')).toContain(method);
      }
      if (method === 'POST') await refused(pathOf(route), { method: 'GET' }, 405, 'METHOD_NOT_ALLOWED');
    },
  );

  /** The status alone: an event stream has no end. */
  async function openHead(path: string, method: string): Promise<{ status: number }> {
    const controller = new AbortController();
    const answer = await fetch(scene.relay.origin + path, { method, signal: controller.signal });
    controller.abort();
    return answer;
  }

  it.each(['/', '/relay/v1', '/relay/v2/info', '/relay/v1/nothing', '/internal/v1/dev', '/%00', '/..%2f'])(
    '%s is no route',
    async (path) => void (await refused(path, {}, 404, 'ROUTE_UNKNOWN')),
  );

  it.each(
    all
      .filter(({ method, answer }) => method === 'GET' && answer.kind !== 'empty')
      .map((route) => [route.path, route] as const),
  )('GET %s answers only in its own media types', async (_, route) => {
    const { kind, ssz, bytes } = route.answer;
    const foreign = kind === 'object' || kind === 'list' ? ['text/html', 'image/*'] : ['application/json', 'text/html'];
    if ((kind === 'object' || kind === 'list') && !ssz && !bytes) foreign.push('application/octet-stream');
    for (const accept of foreign) {
      await refused(pathOf(route), { headers: { accept } }, 406, 'NOT_ACCEPTABLE');
    }
  });

  describe('in paths and queries', () => {
    const withParameters = all.flatMap((route) =>
      [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => [route.name, name!, route] as const),
    );

    it.each(withParameters.filter(([name]) => !['builderHeader', 'createTask'].includes(name)))(
      '%s refuses a bad %s',
      async (_, name, route) => {
        const body = route.body ? {} : undefined;
        const good = new RegExp(`\\{${name}\\}`).exec(route.path) && pathOf({ path: `{${name}}` });
        for (const bad of [
          good!.slice(0, -1),
          good!.replace('0x', '0X'),
          good!.slice(2),
          `${good!}00`,
          'x',
          '%F0%9F%A6%8A',
        ]) {
          await refused(pathOf(route, { [name]: bad }), { body }, 400, 'REQUEST_MALFORMED');
        }
      },
    );

    it.each(
      all
        .filter(({ method, query }) => method === 'GET' && query !== undefined)
        .map((route) => [route.name, route] as const),
    )(
      '%s refuses an unknown query',
      async (_, route) => void (await refused(`${pathOf(route)}?surprise=1`, {}, 400, 'REQUEST_MALFORMED')),
    );

    it.each([
      ...['limit=0', 'limit=501', 'limit=-1', 'limit=1e2', 'limit=', 'limit=01', 'limit=1&limit=2', 'order_by=at_ms'],
      ...['task_id=0x', 'coprocessor=0X00', `cursor=${'9'.repeat(81)}`],
    ])('data/deliveries?%s is malformed', async (query) => {
      await refused(`/relay/v1/data/deliveries?${query}`, {}, 400, 'REQUEST_MALFORMED');
    });

    it.each(['auctions', 'awards', 'deliveries', 'outcomes', 'claims', 'reputation', 'concentration'])(
      'data/%s refuses bad cursors',
      async (name) => {
        for (const cursor of ['x', '-1', '0', '1.5', '0x1', "1' or '1'='1"]) {
          const path = `/relay/v1/data/${name}?cursor=${encodeURIComponent(cursor)}`;
          await refused(path, {}, 400, 'CURSOR_INVALID');
        }
      },
    );

    it('refuses bad waits, topics, states, leaves and positions', async () => {
      const header = pathOf(routes.getHeader);
      for (const wait of ['10001', '-1', 'x', '1e3', '']) {
        await refused(`${header}?wait_ms=${wait}`, {}, 400, 'REQUEST_MALFORMED');
      }
      await refused('/relay/v1/events?topics=nothing', {}, 400, 'REQUEST_MALFORMED');
      await refused('/relay/v1/events?topics=', {}, 400, 'REQUEST_MALFORMED');
      for (const id of ['x', '-1', '9'.repeat(19)]) {
        await refused('/relay/v1/events', { headers: { 'last-event-id': id } }, 400, 'REQUEST_MALFORMED');
      }
      await refused('/relay/v1/coprocessor/auctions?status=closed', {}, 400, 'REQUEST_MALFORMED');
      await refused(`${pathOf(routes.coprocessorAwards)}?leaves=2`, {}, 400, 'REQUEST_MALFORMED');
      await refused('/relay/v1/validator/auctions', {}, 400, 'REQUEST_MALFORMED');
      const beyond = { headers: { range: `bytes=${scene.header.message.ciphertext_size}-` } };
      await refused(pathOf(routes.getPayload), beyond, 416, 'RANGE_NOT_SATISFIABLE');
    });

    it.each([
      [routes.getAvs, { avs_id: zeroHex(32) }, 'AVS_UNKNOWN'],
      [routes.validatorAwards, { auction_id: zeroHex(32) }, 'AUCTION_UNKNOWN'],
      [routes.validatorAwards, { pubkey: zeroHex(48) }, 'VALIDATOR_UNKNOWN'],
      [routes.getHeader, { task_id: zeroHex(32) }, 'TASK_UNKNOWN'],
      [routes.getHeader, { pubkey: zeroHex(48) }, 'VALIDATOR_UNKNOWN'],
      [routes.getPayload, { ciphertext_root: zeroHex(32) }, 'PAYLOAD_UNKNOWN'],
      [routes.getClaim, {}, 'CLAIM_UNKNOWN'],
      [routes.getClaimEvidence, {}, 'CLAIM_UNKNOWN'],
      [routes.explain, { auction_id: zeroHex(32) }, 'AUCTION_UNKNOWN'],
      [routes.explain, { pubkey: zeroHex(48) }, 'VALIDATOR_UNKNOWN'],
      [routes.coprocessorAwards, { auction_id: zeroHex(32) }, 'AUCTION_UNKNOWN'],
      [routes.coprocessorAwards, { pubkey: zeroHex(48) }, 'COPROCESSOR_UNKNOWN'],
      [routes.getTask, { task_id: zeroHex(32) }, 'TASK_UNKNOWN'],
      [routes.getCoprocessor, { pubkey: zeroHex(48) }, 'COPROCESSOR_UNKNOWN'],
      [routes.getVouchers, { pubkey: zeroHex(48) }, 'COPROCESSOR_UNKNOWN'],
      [routes.getTranscript, { auction_id: zeroHex(32) }, 'AUCTION_UNKNOWN'],
      [routes.getMembers, { auction_id: zeroHex(32) }, 'AUCTION_UNKNOWN'],
      [routes.getBidProof, { auction_id: zeroHex(32) }, 'AUCTION_UNKNOWN'],
      [routes.getBidProof, {}, 'PROOF_UNKNOWN'],
    ] as const)('$name of %j is unknown: %s', async (route, unknown, error) => {
      await refused(pathOf(route, unknown), {}, 404, error);
    });

    it('has no transcript, members or proof of an auction that is open', async () => {
      for (const route of [routes.getTranscript, routes.getMembers, routes.getBidProof]) {
        await refused(pathOf(route, { auction_id: scene.open }), {}, 404, 'AUCTION_NOT_CLEARED');
      }
      const { status } = await exchange(scene.relay, pathOf(routes.coprocessorAwards, { auction_id: scene.open }));
      expect(status).toBe(204);
    });
  });

  describe('without the right to it', () => {
    it('tasks need the token of their AVS', async () => {
      await refused(
        pathOf(routes.createTask, { avs_id: 'x' }),
        { body: {}, headers: bearer(AVS_TOKEN) },
        404,
        'AVS_UNKNOWN',
      );
      const path = pathOf(routes.createTask);
      const body = { native_ref: '0x01', input: '0x', deadline_ms: '1' };
      await refused(path, { body }, 401, 'AUTH_REQUIRED');
      await refused(path, { body, headers: { authorization: 'Basic eDp5' } }, 401, 'AUTH_REQUIRED');
      await refused(path, { body, headers: bearer('another-token-altogether') }, 403, 'AUTH_FORBIDDEN');
      await refused(path, { body, headers: bearer(OPERATOR_TOKEN) }, 403, 'AUTH_FORBIDDEN');
    });

    it('test cover needs the token of an operator and a possession', async () => {
      const path = pathOf(routes.registerDevCoprocessor);
      const { pubkey, owner } = scene.winner;
      const body = { pubkey, possession: zeroHex(96), owner, cover_wei: '1' };
      await refused(path, { body }, 401, 'AUTH_REQUIRED');
      await refused(path, { body, headers: bearer('another-token-altogether') }, 401, 'AUTH_REQUIRED');
      await refused(path, { body, headers: bearer(VIEWER_TOKEN) }, 403, 'AUTH_FORBIDDEN');
      await refused(path, { body, headers: bearer(OPERATOR_TOKEN) }, 400, 'SIGNATURE_INVALID');
    });
  });

  it('refuses tasks that are too soon, too large, no blob, or another one under the same reference', async () => {
    const path = pathOf(routes.createTask);
    const { native_ref } = scene.task;
    const task = {
      native_ref: `0x${'07'.repeat(40)}`,
      input: toHex(EMPTY_BLOB),
      deadline_ms: String(inMs(9 * 3_600_000)),
    };
    const send = (change: object, status: number, error: string) =>
      refused(path, { body: { ...task, ...change }, headers: bearer(AVS_TOKEN) }, status, error);
    await send({ deadline_ms: String(inMs(1_000)) }, 422, 'TASK_DEADLINE_TOO_SOON');
    await send({ input: `0x${'ff'.repeat(131_072)}` }, 422, 'TASK_INPUT_INVALID');
    await send({ input: `0x${'00'.repeat(131_073)}` }, 422, 'TASK_INPUT_INVALID');
    await send({ native_ref }, 409, 'TASK_CONFLICT');
    await send({ native_ref: '0x' }, 400, 'REQUEST_MALFORMED');
    await send({ native_ref: `0x${'00'.repeat(1_025)}` }, 400, 'REQUEST_MALFORMED');
    await send({ deadline_ms: 5 }, 400, 'REQUEST_MALFORMED');
  });

  const single = [
    ['bids', routes.placeBid, badBids],
    ['deliveries', routes.deliver, badDeliveries],
    ['commitments', routes.commit, badCommitments],
    ['claims', routes.postClaim, badClaims],
  ] as const;
  describe.each(single)('in %s', (_, route, bad) => {
    it.each(bad)('%s is refused with %i %s', async (_what, status, error, make) => {
      await refused(route.path, { body: await make(scene) }, status, error);
    });
  });

  const batches = [
    ['enrollments', routes.enrol, badEnrollments, (s: Scene) => EnrollmentItem.toJson(s.enrollment)],
    ['delegations', routes.delegate, badDelegations, (s: Scene) => DelegationItem.toJson(s.delegation)],
    ['outcomes', routes.reportOutcomes, badOutcomes, (s: Scene) => SignedOutcome.toJson(s.outcome)],
    ['vouchers', routes.postVouchers, badVouchers, (s: Scene) => Voucher.toJson(s.voucher)],
    [
      'arrays of bids',
      routes.placeBid,
      badBids.filter(([what]) => what !== '257 bids'),
      (s: Scene) => SignedBid.toJson(s.bid),
    ],
  ] as const;
  describe.each(batches)('among good %s', (_, route, bad, good) => {
    it.each(bad)('%s is refused at its index with %i %s', async (_what, code, error, make) => {
      const body = [good(scene), await make(scene), good(scene)];
      const answer = await refused(route.path, { body }, 400, 'BATCH_PARTLY_REFUSED');
      const { failures, data } = answer.json<{ failures: object[]; data: unknown[] }>();
      expect(failures).toEqual([{ index: 1, code, error, message: expect.any(String) }]);
      expect(data).toEqual([expect.anything(), null, data[0]]);
    });

    it('more than the most is refused whole', async () => {
      const body = Array(route.body!.batch!.max + 1).fill(1);
      await refused(route.path, { body }, 400, 'REQUEST_MALFORMED');
    });
  });

  it('refuses registrations by their index, in JSON and in SSZ', async () => {
    const path = routes.registerValidators.path;
    const [good, forged] = [testRegistration(scene.validator, 5n), testRegistration(scene.stranger, 5n)];
    const early = testRegistration(scene.stranger, inMs(3_600_000) / 1000n);
    const body = [good.json, { ...forged.json, signature: zeroHex(96) }, early.json, { ...good.json, extra: 1 }];
    const answer = await refused(path, { body }, 400, 'BATCH_PARTLY_REFUSED');
    expect(answer.json<{ failures: object[] }>().failures).toMatchObject([
      { index: 1, error: 'SIGNATURE_INVALID' },
      { index: 2, error: 'REGISTRATION_TIMESTAMP_INVALID' },
      { index: 3, error: 'REQUEST_MALFORMED' },
    ]);
    await refused(path, { body: Buffer.concat([good.ssz, early.ssz]), headers: octets }, 400, 'BATCH_PARTLY_REFUSED');
    await refused(path, { body: good.ssz.subarray(1), headers: octets }, 400, 'REQUEST_MALFORMED');
    const stale = [testRegistration(scene.validator, 4n).json];
    const older = await refused(path, { body: stale }, 400, 'BATCH_PARTLY_REFUSED');
    expect(older.json()).toMatchObject({ failures: [{ index: 0, code: 409, error: 'REGISTRATION_STALE' }] });
  });

  it('never answers arbitrary or mutated input with a failure of its own', async () => {
    const good = {
      enrol: [EnrollmentItem.toJson(scene.enrollment)],
      delegate: [DelegationItem.toJson(scene.delegation)],
      reportOutcomes: [SignedOutcome.toJson(scene.outcome)],
      postVouchers: [Voucher.toJson(scene.voucher)],
      placeBid: SignedBid.toJson(scene.bid),
      deliver: Delivery.toJson(scene.delivery),
      commit: SignedCommitment.toJson(scene.commitment),
      postClaim: await badClaims.at(-1)![3](scene),
      registerValidators: [testRegistration(scene.validator, 5n).json],
      createTask: { native_ref: '0x01', input: '0x00', deadline_ms: '1' },
    };
    const ssz = {
      placeBid: SignedBid.serialize(scene.bid),
      deliver: Delivery.serialize(scene.delivery),
      commit: SignedCommitment.serialize(scene.commitment),
      postClaim: SignedClaimRequest.serialize(SignedClaimRequest.fromJson(good.postClaim)),
      registerValidators: testRegistration(scene.validator, 5n).ssz,
    };
    // Some of it is good.
    const runs = await fuzzRoutes(scene.relay, { routes: all, pathOf, tokenFor, good, ssz, forMs: 15_000 });
    expect(runs).toBeGreaterThan(200);
    expect(scene.relay.pid).toBeDefined();
    expect(scene.relay.log).not.toMatch(/"level":(50|60)/);
    expect((await exchange(scene.relay, '/readyz')).status).toBe(200);
    await remember();
  });
});
