import { systemClock } from '@odf/telemetry';
import { setTimeout as delay } from 'node:timers/promises';
import { createPublicClient, http } from 'viem';
import { foundry } from 'viem/chains';
import { BreakableLine } from '../../libs/settlement/src/outbox/test/breakable-line.js';
import { Scene } from '../../libs/settlement/src/outbox/test/scene.js';

jest.setTimeout(180_000);

const DOWN_MS = 61_000;

it('loses nothing while the RPC is down for a minute, and sends everything once', async () => {
  const scene = await Scene.open();
  const line = await BreakableLine.open(scene.chain.rpcUrl);
  let failures = 0;
  const log = { info: () => undefined, warn: () => void failures++ };
  const client = createPublicClient({ chain: foundry, transport: http(line.url, { retryCount: 0 }), cacheTime: 0 });
  // Waits and clock are those of a relay: a minute is a minute.
  const outbox = scene.outbox({ client, log, clock: systemClock });
  const stopping = new AbortController();
  const running = outbox.run(stopping.signal);
  await outbox.send('before', scene.deposit(1));
  await line.cut();
  for (const [index, key] of ['d2', 'd3', 'd4'].entries())
    await outbox.enqueue({ key, call: scene.deposit(index + 2) });
  await delay(DOWN_MS);
  expect(failures).toBeGreaterThan(3);
  expect(await Promise.all(['d2', 'd3', 'd4'].map(async (key) => (await outbox.find(key))?.state))).toEqual(
    Array(3).fill('queued'),
  );
  await line.mend();
  for (const [index, key] of ['d2', 'd3', 'd4'].entries()) await outbox.send(key, scene.deposit(index + 2));
  stopping.abort();
  await running;
  expect(await scene.deposits()).toEqual([1, 2, 3, 4]);
  await line.cut();
  await scene.close();
});
