import 'reflect-metadata';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { BlsKey } from '@odf/bls';
import {
  ClaimRequest,
  Enrollment,
  EnrollmentItem,
  KeyDelegation,
  Outcome,
  ProofOfPossession,
  SignedValidatorRegistrationV1,
  TrustPolicy,
  ValidatorRegistrationV1,
  avsId,
  builderDomain,
  keyRoot,
  signingRoot,
  signingRootOf,
  typedDigest,
  type Hex,
  type SigningContext,
} from '@odf/protocol';
import { createLogger } from '@odf/telemetry';
import { createTestDatabase, type TestDatabase } from '@odf/testing';
import { privateKeyToAccount } from 'viem/accounts';
import { createRelay } from '../../apps/relay/src/create-relay.js';
import { readRelayConfig } from '../../apps/relay/src/relay.config.js';
import { openInfrastructure, type RelayInfrastructure } from '../../apps/relay/src/relay.infrastructure.js';

jest.setTimeout(60_000);

const secret = (n: number): Hex => `0x${n.toString(16).padStart(64, '0')}`;
const zeros = (bytes: number): Hex => `0x${'00'.repeat(bytes)}`;
const key = (n: number) => BlsKey.fromHex(secret(n));
const relayKey = key(1);
const [validator, hot, stranger] = [key(10), key(11), key(12)];
const operator = privateKeyToAccount(secret(20));
const avs = avsId(31337n, `0x${'a5'.repeat(20)}`, 0);
const adminToken = 'admin-token-of-the-test';
const owner: Hex = `0x${'0c'.repeat(20)}`;
const context: SigningContext = {
  chainId: 31337n,
  settlement: `0x${'5f'.repeat(20)}`,
  relayRoot: keyRoot(relayKey.pubkey),
};
const policy: TrustPolicy = {
  max_fee_share_bps: 2_000,
  max_fee_wei: 10n ** 18n,
  slashable_wei: 0n,
  tiers: [{ collateral: { kind: 0, assets: [], cover_bps: 0 }, min_reputation_bps: 0, assurance: 0, discount_bps: 0 }],
  allow: [],
  deny: [],
};

async function enrollment(more: Partial<Enrollment> = {}): Promise<Record<string, unknown>> {
  const message: Enrollment = {
    validator: validator.pubkey,
    operator: operator.address.toLowerCase() as Hex,
    avs_id: avs,
    policy_root: TrustPolicy.root(policy),
    valid_from: 0n,
    valid_until: 2n ** 40n,
    nonce: 1n,
    ...more,
  };
  const consent = {
    validatorRoot: keyRoot(message.validator),
    operator: message.operator,
    avsId: message.avs_id,
    policyRoot: message.policy_root,
    relayRoot: context.relayRoot,
    validFrom: message.valid_from,
    validUntil: message.valid_until,
    nonce: message.nonce,
  };
  return EnrollmentItem.toJson({
    message,
    policy,
    operator_signature: await operator.sign({ hash: typedDigest('Enrollment', consent, context) }),
    signature: validator.sign(signingRoot(Enrollment, message, context)),
  }) as Record<string, unknown>;
}

function delegation(nonce = 1n) {
  const message: KeyDelegation = { validator: validator.pubkey, delegate: hot.pubkey, valid_until: 2n ** 40n, nonce };
  const proof = { key: hot.pubkey, owner_root: keyRoot(validator.pubkey) };
  return {
    message: KeyDelegation.toJson(message),
    possession: hot.sign(signingRoot(ProofOfPossession, proof, context)),
    signature: validator.sign(signingRoot(KeyDelegation, message, context)),
  };
}

function registration(by: BlsKey, timestamp: bigint): SignedValidatorRegistrationV1 {
  const message = { fee_recipient: zeros(20), gas_limit: 30_000_000n, timestamp, pubkey: by.pubkey };
  const root = signingRootOf(ValidatorRegistrationV1.root(message), builderDomain('0x00000000'));
  return { message, signature: by.sign(root) };
}

describe("the relay's rooms for validators and onlookers", () => {
  let folder: string;
  let database: TestDatabase;
  let infrastructure: RelayInfrastructure;
  let app: NestFastifyApplication;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'odf-relay-'));
    const avsFile = join(folder, 'avs.json');
    const entry = {
      name: 'echo',
      plugin: 'echo',
      chain_id: 31337,
      avs: `0x${'a5'.repeat(20)}`,
      reward_per_task_wei: '1000',
      source: { kind: 'http', token: 'a token of the echo AVS' },
    };
    await writeFile(avsFile, JSON.stringify([entry]));
    database = await createTestDatabase();
    const config = readRelayConfig({
      DATABASE_URL: database.url,
      ODF_DATA_DIR: folder,
      RELAY_SECRET_KEY: secret(1),
      ODF_SETTLEMENT: context.settlement,
      ODF_AVS_CONFIG: avsFile,
      ODF_ADMIN_TOKENS: `operator:${adminToken}`,
      ODF_DEV: '1',
      CHAIN_RPC_URL: 'memory:',
    });
    infrastructure = await openInfrastructure(config, createLogger({ name: 'relay', level: 'silent' }));
    app = await createRelay(infrastructure);
    await app.init();
    await app.getHttpAdapter().getInstance().ready();
  });
  afterAll(async () => {
    await app.close();
    await infrastructure.close();
    await database.drop();
    await rm(folder, { recursive: true });
  });

  const get = (url: string, headers = {}) => app.inject({ method: 'GET', url, headers });
  const post = (url: string, body: unknown, headers = {}) =>
    app.inject({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/json', ...headers },
      payload: Buffer.isBuffer(body) ? body : JSON.stringify(body),
    });
  const enrol = (items: unknown) => post('/relay/v1/validator/enrollments', items);

  it('enrols, repeats and reports each refusal at its index', async () => {
    const good = await enrollment();
    const answer = [{ validator: validator.pubkey, avs_id: avs, state: 'live', reason: null }];
    for (let round = 0; round < 2; round++) {
      const response = await enrol([good]);
      expect([response.statusCode, response.json()]).toEqual([200, answer]);
    }
    const response = await enrol([{ ...good, signature: zeros(96) }, good, { ...good, extra: 1 }]);
    expect(response.statusCode).toBe(400);
    expect(response.json()).toMatchObject({
      error: 'BATCH_PARTLY_REFUSED',
      failures: [
        { index: 0, code: 400, error: 'SIGNATURE_INVALID' },
        { index: 2, code: 400, error: 'REQUEST_MALFORMED' },
      ],
      data: [null, answer[0], null],
    });
  });

  it('delegates and answers 409 to a stale nonce', async () => {
    const url = '/relay/v1/validator/delegations';
    const answer = [{ validator: validator.pubkey, delegate: hot.pubkey, state: 'live' }];
    expect((await post(url, [delegation(2n)])).json()).toEqual(answer);
    expect((await post(url, [delegation(1n)])).json()).toMatchObject({
      failures: [{ index: 0, code: 409, error: 'DELEGATION_NONCE_STALE' }],
    });
  });

  it('registers validators in JSON, SSZ and gzip', async () => {
    const url = '/eth/v1/builder/validators';
    const items = [registration(validator, 100n), registration(hot, 100n)];
    const ssz = Buffer.concat(items.map((item) => SignedValidatorRegistrationV1.serialize(item)));
    const octets = { 'content-type': 'application/octet-stream' };
    const json = items.map((item) => SignedValidatorRegistrationV1.toJson(item));
    const zipped = gzipSync(JSON.stringify(json));
    for (const response of [
      await post(url, ssz, octets),
      await post(url, json),
      await post(url, zipped, { 'content-encoding': 'gzip' }),
    ]) {
      expect([response.statusCode, response.body]).toEqual([200, '']);
    }
    expect((await post(url, ssz.subarray(1), octets)).statusCode).toBe(400);
    const older = await post(url, [SignedValidatorRegistrationV1.toJson(registration(hot, 99n)), ...json]);
    expect(older.json()).toMatchObject({ failures: [{ index: 0, error: 'REGISTRATION_STALE' }] });
  });

  it('looks like a relay to builder clients', async () => {
    expect((await get('/eth/v1/builder/status')).statusCode).toBe(200);
    for (const path of [`1/${zeros(32)}/${validator.pubkey}`, 'x/y/z']) {
      const response = await get(`/eth/v1/builder/header/${path}?any=1`, { accept: 'application/octet-stream' });
      expect([response.statusCode, response.body]).toEqual([204, '']);
    }
    for (const version of ['v1', 'v2']) {
      const url = `/eth/${version}/builder/blinded_blocks`;
      for (const type of ['application/json', 'application/octet-stream', 'text/nonsense']) {
        const response = await post(url, Buffer.from('{'), { 'content-type': type });
        expect([response.statusCode, response.json().error]).toEqual([400, 'BLOCKS_UNSUPPORTED']);
      }
    }
  });

  it('gives a test coprocessor cover and shows its vouchers', async () => {
    const possession = (to: Hex) =>
      hot.sign(
        signingRoot(ProofOfPossession, { key: hot.pubkey, owner_root: `0x${'00'.repeat(12)}${to.slice(2)}` }, context),
      );
    const url = '/internal/v1/dev/coprocessors';
    const body = { pubkey: hot.pubkey, possession: possession(owner), owner, cover_wei: '5' };
    const authorization = `Bearer ${adminToken}`;
    expect((await post(url, body)).json()).toMatchObject({ code: 401, error: 'AUTH_REQUIRED' });
    const forged = { ...body, possession: possession(zeros(20)) };
    expect((await post(url, forged, { authorization })).json()).toMatchObject({ error: 'SIGNATURE_INVALID' });
    expect((await post(url, body, { authorization })).json()).toMatchObject({
      data: { line_id: expect.stringMatching(/^0x/) },
    });

    const payer = operator.address.toLowerCase() as Hex;
    const digest = typedDigest('Voucher', { operator: payer, owner, cumulativeWei: 7n }, context);
    const voucher = { operator: payer, owner, cumulative_wei: '7', signature: await operator.sign({ hash: digest }) };
    const { signature, ...kept } = voucher;
    expect((await post('/relay/v1/validator/vouchers', [voucher])).json()).toEqual([kept]);
    const list = `/relay/v1/coprocessor/vouchers/${hot.pubkey}`;
    expect((await get(list)).json()).toEqual([{ ...kept, signature }]);
    expect((await get(`${list}?cursor=${payer}`)).json()).toEqual([]);
  });

  it('refuses claims with 503 only when they are well signed', async () => {
    const message: ClaimRequest = {
      task_id: zeros(32),
      validator: validator.pubkey,
      attestation_root: zeros(32),
      slash_tx: zeros(32),
      log_index: 0,
      amount: 1n,
    };
    const claim = (by: BlsKey, of = message) => ({
      message: ClaimRequest.toJson(of),
      signature: by.sign(signingRoot(ClaimRequest, of, context)),
    });
    const url = '/relay/v1/validator/claims';
    const unavailable = await post(url, claim(hot));
    expect([unavailable.statusCode, unavailable.json().error]).toEqual([503, 'CLAIM_UNAVAILABLE']);
    expect(Number(unavailable.headers['retry-after'])).toBeGreaterThan(0);
    expect((await post(url, claim(validator))).json()).toMatchObject({ error: 'SIGNATURE_INVALID' });
    const foreign = claim(stranger, { ...message, validator: stranger.pubkey });
    expect((await post(url, foreign)).json()).toMatchObject({ code: 404, error: 'VALIDATOR_UNKNOWN' });
    expect((await get(`${url}/${zeros(32)}`)).json()).toMatchObject({ code: 404, error: 'CLAIM_UNKNOWN' });
  });

  it('refuses outcomes of tasks and validators that it does not know', async () => {
    const outcome = (of: BlsKey) => {
      const message: Outcome = {
        task_id: zeros(32),
        validator: of.pubkey,
        status: 2,
        response_digest: zeros(32),
        reference: zeros(32),
        seq: 1n,
      };
      return { message: Outcome.toJson(message), signature: of.sign(signingRoot(Outcome, message, context)) };
    };
    const response = await post('/relay/v1/validator/outcomes', [outcome(validator), outcome(stranger)]);
    expect(response.json()).toMatchObject({
      failures: [
        { index: 0, code: 404, error: 'TASK_UNKNOWN' },
        { index: 1, code: 404, error: 'VALIDATOR_UNKNOWN' },
      ],
    });
  });

  it.each(['awards', 'deliveries', 'outcomes', 'claims', 'reputation', 'concentration'])(
    'serves data/%s, pages and bad queries',
    async (name) => {
      const url = `/relay/v1/data/${name}`;
      for (const query of ['', '?limit=500&order_by=id&cursor=1']) {
        const response = await get(url + query);
        expect([response.statusCode, response.json()]).toEqual([200, []]);
      }
      expect((await get(`${url}?cursor=x`)).json()).toMatchObject({ error: 'CURSOR_INVALID' });
      for (const query of ['limit=0', 'limit=501', 'order_by=at', 'unknown=1', 'avs_id=0x']) {
        expect((await get(`${url}?${query}`)).json()).toMatchObject({ code: 400, error: 'REQUEST_MALFORMED' });
      }
    },
  );

  it.each(['transcript', 'members', `proof/${zeros(32)}`])('has no %s of an unknown auction', async (what) => {
    expect((await get(`/relay/v1/data/auctions/${zeros(32)}/${what}`)).json()).toMatchObject({
      code: 404,
      error: 'AUCTION_UNKNOWN',
    });
  });

  it.each(['enrollments', 'delegations', 'outcomes', 'vouchers'])('refuses malformed batches of %s', async (name) => {
    const url = `/relay/v1/validator/${name}`;
    for (const body of ['', '{', '{}', 'null', '"x"', JSON.stringify(Array(1001).fill({}))]) {
      const response = await post(url, Buffer.from(body));
      expect([response.statusCode, response.json().error]).toEqual([400, 'REQUEST_MALFORMED']);
    }
    const ssz = await post(url, Buffer.from('x'), { 'content-type': 'application/octet-stream' });
    expect(ssz.statusCode).toBe(415);
    expect((await post(url, [{}, null, 5, []])).json().failures).toHaveLength(4);
    expect((await post(url, [])).json()).toEqual([]);
  });
});
