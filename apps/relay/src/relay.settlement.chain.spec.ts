import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Hex } from '@odf/protocol';
import { createLogger } from '@odf/telemetry';
import { createTestDatabase, testCoprocessor, waitFor, type TestDatabase } from '@odf/testing';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ChainWorld, devAvs, testAvsId } from '../../../libs/settlement/test/chain-world.js';
import { createRelay } from './create-relay.js';
import { readRelayConfig } from './relay.config.js';
import { openInfrastructure, type RelayInfrastructure } from './relay.infrastructure.js';

jest.setTimeout(120_000);

const TOKEN = 'operator-token-of-the-spec';
const logger = createLogger({ name: 'relay', level: 'silent' });
const entry = {
  name: 'da',
  plugin: 'kzg-da',
  chain_id: 31_337,
  avs: devAvs.avs,
  operator_set_id: devAvs.operatorSetId,
  reward_per_task_wei: '1000',
  source: { kind: 'http', token: 'a token of the test AVS' },
};

let world: ChainWorld;
let database: TestDatabase;
let folder: string;
beforeAll(async () => {
  [world, database, folder] = await Promise.all([
    ChainWorld.start(),
    createTestDatabase(),
    mkdtemp(join(tmpdir(), 'odf-relay-')),
  ]);
});
afterAll(async () => {
  await world.stop();
  await database.drop();
  await rm(folder, { recursive: true });
});

async function environment(more: Record<string, string> = {}, avs: object = {}): Promise<Record<string, string>> {
  const file = join(folder, 'avs.json');
  await writeFile(file, JSON.stringify([{ ...entry, ...avs }]));
  return {
    DATABASE_URL: database.url,
    ODF_DATA_DIR: folder,
    RELAY_SECRET_KEY: `0x${'11'.repeat(32)}`,
    ODF_SETTLEMENT: world.deployment.hub,
    CHAIN_RPC_URL: world.chain.rpcUrl,
    CHAIN_CONFIRMATIONS: '3',
    ODF_AVS_CONFIG: file,
    ODF_ADMIN_TOKENS: `operator:${TOKEN}`,
    ODF_DEV: '1',
    ...more,
  };
}

const open = async (more?: Record<string, string>, avs?: object): Promise<RelayInfrastructure> =>
  openInfrastructure(readRelayConfig(await environment(more, avs)), logger);

describe('a relay on a chain', () => {
  let infrastructure: RelayInfrastructure;
  let app: NestFastifyApplication;

  beforeEach(async () => {
    infrastructure = await open();
    app = await createRelay(infrastructure);
    await app.init();
    await app.getHttpAdapter().getInstance().ready();
  });
  afterEach(async () => {
    await app.close();
    await infrastructure.close();
  });

  const dataOf = <T>(answer: { json<J>(): J }): T => answer.json<{ data: T }>().data;
  const infoOf = async (number: number): Promise<object> =>
    dataOf(await get(`/relay/v1/coprocessor/${testCoprocessor(number).pubkey}`));
  const get = (url: string) => app.inject({ method: 'GET', url });
  const cover = (number: number, cover_wei: string) => {
    const coprocessor = testCoprocessor(number);
    const { pubkey, owner } = coprocessor;
    return app.inject({
      method: 'POST',
      url: '/internal/v1/dev/coprocessors',
      headers: { authorization: `Bearer ${TOKEN}` },
      payload: { pubkey, owner, possession: world.possession(coprocessor, owner), cover_wei },
    });
  };

  it('gives a test coprocessor confirmed cover for its AVS, once', async () => {
    const answer = await cover(1, '5000');
    expect(answer.statusCode).toBe(200);
    const { line_id } = dataOf<{ line_id: Hex }>(answer);
    const line = { line_id, avs_id: testAvsId, cap_wei: '5000', free_wei: '5000' };
    const { owner } = testCoprocessor(1);
    expect(await infoOf(1)).toMatchObject({ owner, standing: 'good', free_wei: '5000', lines: [line] });
    expect(dataOf(await cover(1, '5000'))).toEqual({ line_id });
    await cover(1, '7');
    expect(await infoOf(1)).toMatchObject({ free_wei: '5007' });
  });

  it('is ready once its mirror is, and tells how far that is', async () => {
    await waitFor(async () => (await get('/readyz')).statusCode === 200);
    const head = await world.client.getBlockNumber();
    const metrics = await waitFor(async () => {
      const { body } = await get('/metrics');
      return body.includes(`odf_chain_head_block ${head}\n`) && body;
    });
    expect(metrics).toContain('odf_chain_lag_blocks 0\n');
  });

  it('offers no cover that a claim holds', async () => {
    const { line_id } = dataOf<{ line_id: Hex }>(await cover(2, '100'));
    await world.claim('hold', line_id, 30n);
    await waitFor(async () => ((await infoOf(2)) as { free_wei: string }).free_wei === '70');
  });

  it('goes on from Postgres after a restart, before it has asked the chain', async () => {
    const { line_id } = dataOf<{ line_id: Hex }>(await cover(3, '100'));
    const restarted = await open();
    const { pubkey } = testCoprocessor(3);
    expect(await restarted.settlement.line(line_id)).toMatchObject({ coprocessor: pubkey, cap_wei: 100n });
    await restarted.close();
  });
});

describe('a relay that cannot settle', () => {
  it.each<[string, Record<string, string>, object, string]>([
    ['another chain', { ODF_CHAIN_ID: '1' }, {}, 'ODF_CHAIN_ID: is 1, and the chain at CHAIN_RPC_URL is 31337'],
    ['no hub', { ODF_SETTLEMENT: `0x${'ee'.repeat(20)}` }, {}, 'ODF_SETTLEMENT: '],
    ['no answer', { CHAIN_RPC_URL: 'http://127.0.0.1:1' }, {}, 'CHAIN_RPC_URL: the chain does not answer'],
    ['nobody to ask for members', {}, { membership: 'chain' }, 'ODF_AVS_CONFIG: da: '],
  ])('does not start: %s', async (_, more, avs, message) => {
    await expect(open(more, avs)).rejects.toThrow(message);
  });
});
