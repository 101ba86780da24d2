import { waitFor } from '@odf/testing';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createPublicClient, http } from 'viem';
import { foundry } from 'viem/chains';
import { LevelIntentStore } from './level-intent-store.js';
import type { OutboxStep } from './outbox-options.js';
import { BreakableLine } from './test/breakable-line.js';
import { Scene } from './test/scene.js';

jest.setTimeout(60_000);

let scene: Scene;
beforeEach(async () => {
  scene = await Scene.open();
});
afterEach(() => scene.close());

const KEYS = ['d1', 'd2', 'd3'];
const STEPS: OutboxStep[] = ['simulated', 'signed', 'taken', 'marked', 'mined', 'final'];

describe('a crash right after a step', () => {
  it.each(STEPS)('%s, of every intent in turn, leaves one effect each', async (step) => {
    const crashed = new Set<string>();
    const onStep = (now: OutboxStep, key: string) => {
      if (now !== step || crashed.has(key)) return;
      crashed.add(key);
      throw new Error(`crashed after ${now}`);
    };
    for (const [index, key] of KEYS.entries()) await scene.outbox().enqueue({ key, call: scene.deposit(index + 1) });
    for (let round = 0; round < 30 && crashed.size < KEYS.length; round++) {
      // Each life begins with nothing but the store.
      await expectCrash(() => scene.outbox({ onStep }).tick());
      await scene.anvil.mine({ blocks: 1 });
    }
    expect(crashed.size).toBe(KEYS.length);
    await scene.untilSettled(scene.outbox(), KEYS);
    expect(await scene.deposits()).toEqual([1, 2, 3]);
  });

  it.each<OutboxStep>(['bumped', 'reorged', 'requeued'])('%s, leaves one effect', async (step) => {
    await scene.anvil.setAutomine(false);
    const crashing = () => {
      const onStep = (now: OutboxStep) => {
        if (now === step) throw new Error(`crashed after ${now}`);
      };
      return scene.outbox({ onStep }).tick();
    };
    await scene.outbox().enqueue({ key: 'd1', call: scene.deposit(1) });
    await crashing();
    if (step === 'bumped') {
      const { attempts } = (await scene.outbox().find('d1'))!;
      await scene.anvil.dropTransaction({ hash: attempts[0]!.hash });
      await scene.anvil.mine({ blocks: 3 });
    } else if (step === 'requeued') {
      await scene.foreign(0, 100);
      await scene.anvil.mine({ blocks: 3 });
    } else {
      await scene.anvil.mine({ blocks: 1 });
      await crashing();
      await scene.reorg(1);
    }
    await expect(crashing()).rejects.toThrow(`crashed after ${step}`);
    await scene.untilSettled(scene.outbox(), ['d1']);
    expect(await scene.deposits()).toEqual([1]);
  });
});

async function expectCrash(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    expect((error as Error).message).toMatch(/^crashed after/);
  }
}

describe('kill -9 of the process right after a step', () => {
  it.each(STEPS)('%s, leaves one effect each', async (step) => {
    for (const [index, key] of KEYS.entries()) await scene.outbox().enqueue({ key, call: scene.deposit(index + 1) });
    await scene.store.close();
    const signal = await lifeOf(step);
    expect(signal).toBe('SIGKILL');
    scene.store = await LevelIntentStore.open(scene.folder);
    await scene.untilSettled(scene.outbox(), KEYS);
    expect(await scene.deposits()).toEqual([1, 2, 3]);
  });

  /** Runs an outbox in a process of its own until it kills itself; resolves with how it ended. */
  async function lifeOf(step: OutboxStep): Promise<unknown> {
    const root = resolve(__dirname, '../../../..');
    const script = resolve(__dirname, 'test/mortal.ts');
    // Some packages have nothing for require() but their ES modules, which this Node can require.
    const flags = ['--conditions=import', '--no-warnings'];
    const args = [
      ...flags,
      resolve(root, 'test/jest/run-typescript.cjs'),
      script,
      scene.chain.rpcUrl,
      scene.folder,
      step,
    ];
    const env = { ...process.env, ACCOUNT_KEY: scene.secret };
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
    const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
    return signal;
  }
});

it('waits out a node that does not answer, and sends what was enqueued meanwhile', async () => {
  const line = await BreakableLine.open(scene.chain.rpcUrl);
  const transport = http(line.url, { retryCount: 0, timeout: 2_000 });
  const failures: string[] = [];
  const log = { info: () => undefined, warn: (_: object, message: string) => void failures.push(message) };
  const client = createPublicClient({ chain: foundry, transport, cacheTime: 0 });
  const outbox = scene.outbox({ client, log, backoffMs: 5, maxBackoffMs: 20 });
  const stopping = new AbortController();
  const running = outbox.run(stopping.signal);
  await outbox.send('d1', scene.deposit(1));
  await line.cut();
  await outbox.enqueue({ key: 'd2', call: scene.deposit(2) });
  await waitFor(() => failures.length >= 5);
  expect(await outbox.find('d2')).toMatchObject({ state: 'queued', nonce: null });
  await line.mend();
  await outbox.send('d3', scene.deposit(3));
  await outbox.send('d2', scene.deposit(2));
  stopping.abort();
  await running;
  expect(await scene.deposits()).toEqual([1, 2, 3]);
  await line.cut();
});

it('survives a line that breaks at any moment', async () => {
  const line = await BreakableLine.open(scene.chain.rpcUrl);
  const client = createPublicClient({
    chain: foundry,
    transport: http(line.url, { retryCount: 0, timeout: 500 }),
    cacheTime: 0,
  });
  const outbox = scene.outbox({ client, backoffMs: 1, maxBackoffMs: 2 });
  for (const [index, key] of KEYS.entries()) await outbox.enqueue({ key, call: scene.deposit(index + 1) });
  for (let requests = 1; requests < 40; requests++) {
    line.cutAfter(requests);
    await outbox.tick().catch(() => undefined);
    await line.mend();
    scene.clock.advance(10);
  }
  await scene.untilSettled(scene.outbox(), KEYS);
  expect(await scene.deposits()).toEqual([1, 2, 3]);
  await line.cut();
});
