import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { type Hex } from '@odf/protocol';
import { privateKeyToAccount } from 'viem/accounts';
import { bn254PublicKey } from '../response/bn254.js';
import { responseDigest } from '../response/response-digest.js';
import { signResponse } from '../response/response-signature.js';
import { HttpSink } from './http-sink.js';
import { ResponseCollector, type ResponseCollectorOptions } from './response-collector.js';
import { ResponseSubmission } from './submission.js';

const bytes = (value: string, length: number): Hex => `0x${value.repeat(length)}`;
const avs = { avs_id: bytes('02', 32), chain_id: 31_337n, avs: bytes('0a', 20) };
const task_id = bytes('01', 32);
const secret = bytes('11', 32);
const operator = privateKeyToAccount(secret).address.toLowerCase() as Hex;
const schemes: [ResponseCollectorOptions['scheme'], Hex][] = [
  ['secp256k1-eip712', operator],
  ['bn254-g1', bn254PublicKey(secret)],
];

async function respond(scheme: ResponseCollectorOptions['scheme'], text = 'result', key = secret) {
  const result = Buffer.from(text);
  const signature = await signResponse(responseDigest({ ...avs, task_id }, result, scheme), key);
  return { task_id, avs_id: avs.avs_id, operator, result, signature };
}

describe.each(schemes)('ResponseCollector with %s', (scheme, signer) => {
  const collectorOf = () =>
    new ResponseCollector({
      avs,
      scheme,
      signerOf: (account) => (account === operator ? signer : undefined),
      isTask: (id) => id === task_id,
    });
  const wire = async (...args: [string?, Hex?]) => ResponseSubmission.encode(await respond(scheme, ...args));

  it('accepts a response once, and answers the same again', async () => {
    const collector = collectorOf();
    const first = await collector.receive(await wire());
    expect(first).toMatchObject({ status: 200, body: { status: 'accepted' } });
    expect(await collector.receive(await wire())).toEqual(first);
    expect(collector.responsesTo(task_id)).toHaveLength(1);
    expect(collector.responsesTo(task_id)[0]).toMatchObject({
      operator,
      result: new Uint8Array(Buffer.from('result')),
    });
  });

  it('refuses a second response to one task', async () => {
    const collector = collectorOf();
    await collector.receive(await wire());
    expect(await collector.receive(await wire('another'))).toMatchObject({
      status: 409,
      body: { error: 'RESPONSE_CONFLICT', same: false },
    });
    expect(collector.responsesTo(task_id)).toHaveLength(1);
  });

  it.each<[string, number, string, () => Promise<unknown>]>([
    ['a body that is none', 400, 'RESPONSE_MALFORMED', async () => 'hello'],
    ['an unknown member', 400, 'RESPONSE_MALFORMED', async () => ({ ...(await wire()), extra: 1 })],
    ['a missing signature', 400, 'RESPONSE_MALFORMED', async () => ({ ...(await wire()), signature: undefined })],
    ['another AVS', 404, 'AVS_UNKNOWN', async () => ({ ...(await wire()), avs_id: task_id })],
    ['another task', 404, 'TASK_UNKNOWN', async () => ({ ...(await wire()), task_id: avs.avs_id })],
    ['another account', 403, 'OPERATOR_UNKNOWN', async () => ({ ...(await wire()), operator: avs.avs })],
    ["another operator's signature", 400, 'SIGNATURE_INVALID', () => wire('result', bytes('12', 32))],
    ['a signature of another result', 400, 'SIGNATURE_INVALID', async () => ({ ...(await wire()), result: '0x00' })],
    ['no signature', 400, 'SIGNATURE_INVALID', async () => ({ ...(await wire()), signature: '0x' })],
  ])('refuses %s', async (_, status, error, body) => {
    const collector = collectorOf();
    expect(await collector.receive(await body())).toMatchObject({ status, body: { error } });
    expect(collector.responsesTo(task_id)).toEqual([]);
  });
});

describe('a sink and a collector over HTTP', () => {
  let server: Server;
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  it('agree about accepted, repeated and conflicting responses', async () => {
    const collector = new ResponseCollector({
      avs,
      scheme: 'secp256k1-eip712',
      signerOf: (id) => id,
      isTask: () => true,
    });
    server = createServer((request, response) => {
      void json(request)
        .then((body) => collector.receive(body))
        .then(({ status, body }) => response.writeHead(status, { connection: 'close' }).end(JSON.stringify(body)));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const sink = new HttpSink({ callbackUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/answers` });

    const receipt = await sink.submit(await respond('secp256k1-eip712'));
    expect(receipt.status).toBe('accepted');
    expect(await sink.submit(await respond('secp256k1-eip712'))).toEqual(receipt);
    expect(await sink.submit(await respond('secp256k1-eip712', 'another'))).toMatchObject({
      status: 'rejected',
      reason: 'Another response of this operator to this task was accepted.',
    });
  });
});
