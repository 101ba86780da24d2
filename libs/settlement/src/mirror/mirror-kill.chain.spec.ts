import { ChainMirrorRepository } from '@odf/persistence';
import { keyRoot, type Hex } from '@odf/protocol';
import { createTestDatabase, waitFor, type TestDatabase } from '@odf/testing';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { ChainWorld, first } from '../../test/chain-world.js';
import { FlakyProxy } from '../../test/flaky-proxy.js';
import { ChainIndexer } from './chain-indexer.js';
import { MemoryMirrorStore } from './memory-mirror-store.js';

jest.setTimeout(120_000);

const FOLDER = join(import.meta.dirname, '../../test');
const operator: Hex = `0x${'0b'.repeat(20)}`;
/** Requests at which the indexer is killed: reading heads, headers and events, of old blocks and of new ones. */
const KILLED_AT = [1, 4, 9, 15, 24];

let world: ChainWorld;
let proxy: FlakyProxy;
let database: TestDatabase;
let dataSource: DataSource;
let store: ChainMirrorRepository;

beforeAll(async () => {
  world = await ChainWorld.start();
  [proxy, database] = await Promise.all([FlakyProxy.to(world.chain.rpcUrl), createTestDatabase()]);
  dataSource = await database.connect();
  store = new ChainMirrorRepository(dataSource);
});
afterAll(async () => {
  await proxy.close();
  await world.stop();
  await database.drop();
});

function startChild(): ChildProcess {
  const { chainId: _, ...deployment } = world.deployment;
  const options = JSON.stringify({ databaseUrl: database.url, rpcUrl: proxy.url, deployment });
  const runner = join(FOLDER, '../../../test/jest/run-typescript.cjs');
  return spawn(process.execPath, [runner, join(FOLDER, 'mirror-child.ts'), options], { stdio: 'inherit' });
}

async function killed(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

/** Waits until a child that nobody kills has caught up, and ends it. */
async function caughtUp(): Promise<void> {
  const child = startChild();
  const { hash } = await world.client.getBlock();
  await waitFor(async () => (await store.tip())?.hash === hash, { timeoutMs: 20_000, what: `block ${hash}` });
  await killed(child);
}

/** What Postgres has is what an indexer that was never disturbed has. */
async function expectWhole(): Promise<void> {
  const twin = new MemoryMirrorStore();
  const indexer = new ChainIndexer({ client: world.client, deployment: world.deployment, store: twin, startBlock: 0n });
  while ((await indexer.step()).did !== 'nothing');
  expect(await store.tip()).toEqual(await twin.tip());
  const groups = { line: keyRoot(first.pubkey), collateral: first.owner, escrow: operator, avs: world.deployment.hub };
  for (const [kind, group] of Object.entries(groups)) {
    const whole = await twin.find(kind, { group }, 2n);
    expect(whole.length).toBeGreaterThan(0);
    expect(await store.find(kind, { group }, 2n)).toEqual(whole);
  }
}

it('takes each event once though it is killed at any request', async () => {
  const [lineId] = await world.cover(first, 100n, 50n);
  await world.claim('hold', lineId!, 40n);
  await world.fund(operator, 500n);
  await world.fund(operator, 5n);
  for (const request of KILLED_AT) {
    const child = startChild();
    let seen = 0;
    proxy.onRequest = () => {
      seen += 1;
      if (seen === request) child.kill('SIGKILL');
    };
    await once(child, 'exit');
    expect(child.signalCode).toBe('SIGKILL');
  }
  proxy.onRequest = () => undefined;
  await caughtUp();
  await expectWhole();
});

it('writes nothing of a step in whose transaction it is killed', async () => {
  await world.fund(operator, 7n);
  const before = await store.tip();
  const holder = dataSource.createQueryRunner();
  await holder.startTransaction();
  await holder.query('lock table chain_states in exclusive mode');
  const child = startChild();
  // Its blocks are written and its states wait for the lock.
  const waiting = "select 1 from pg_locks where not granted and relation = 'chain_states'::regclass";
  await waitFor(async () => (await dataSource.query<unknown[]>(waiting)).length > 0, { timeoutMs: 20_000 });
  await killed(child);
  await holder.rollbackTransaction();
  await holder.release();
  const idle = "select 1 from pg_stat_activity where state <> 'idle' and query like 'insert into \"chain_states\"%'";
  await waitFor(async () => (await dataSource.query<unknown[]>(idle)).length === 0, { timeoutMs: 20_000 });
  expect(await store.tip()).toEqual(before);
  await caughtUp();
  await expectWhole();
});

it('follows a reorganisation of blocks that a killed indexer had read', async () => {
  await world.reorg(2);
  await caughtUp();
  await expectWhole();
});
