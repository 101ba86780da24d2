import type { OutboxStep } from './outbox-options.js';
import { Scene } from './test/scene.js';

jest.setTimeout(60_000);

let scene: Scene;
beforeEach(async () => {
  scene = await Scene.open();
});
afterEach(() => scene.close());

/** An outbox with these deposits in the chain, each in a block of its own. */
async function mined(amounts: readonly number[], steps: OutboxStep[] = []) {
  const outbox = scene.outbox({ onStep: (step) => void steps.push(step) });
  for (const n of amounts) await outbox.enqueue({ key: `d${n}`, call: scene.deposit(n) });
  await outbox.tick();
  await outbox.tick();
  expect(await scene.deposits()).toEqual(amounts);
  return outbox;
}

describe('a reorg', () => {
  it.each([1, 2, 3])('that drops %i blocks takes mined transactions back, and they are sent again', async (depth) => {
    const steps: OutboxStep[] = [];
    const outbox = await mined([1, 2, 3], steps);
    await scene.reorg(depth);
    expect(await scene.deposits()).toHaveLength(3 - depth);
    await scene.anvil.setAutomine(false);
    await outbox.tick();
    expect(steps).toContain('reorged');
    expect((await outbox.find('d3'))!.state).toBe('sent');
    await scene.untilSettled(outbox, ['d1', 'd2', 'd3']);
    expect(await scene.deposits()).toEqual([1, 2, 3]);
    expect((await outbox.find('d3'))!.nonce).toBe(2);
  });

  it('deeper than what counts as final is undone as well', async () => {
    const outbox = await mined([1, 2]);
    await scene.untilSettled(outbox, ['d1', 'd2']);
    const { block } = { block: await scene.client.getBlockNumber() };
    const first = (await outbox.find('d1'))!;
    await scene.reorg(Number(block - first.blockNumber!) + 1);
    expect(await scene.deposits()).toEqual([]);
    for (let round = 0; round < 3; round++) await outbox.tick();
    await scene.untilSettled(outbox, ['d1', 'd2']);
    expect(await scene.deposits()).toEqual([1, 2]);
  });

  it('over and over still leaves one effect each', async () => {
    const outbox = await mined([1, 2]);
    for (let round = 0; round < 4; round++) {
      await scene.reorg(2);
      await outbox.tick();
      await outbox.tick();
    }
    await scene.untilSettled(outbox, ['d1', 'd2']);
    expect(await scene.deposits()).toEqual([1, 2]);
  });
});

describe('a dropped transaction', () => {
  it('is sent again with the same nonce', async () => {
    await scene.anvil.setAutomine(false);
    const outbox = scene.outbox();
    for (const n of [1, 2]) await outbox.enqueue({ key: `d${n}`, call: scene.deposit(n) });
    await outbox.tick();
    const { attempts } = (await outbox.find('d1'))!;
    await scene.anvil.dropTransaction({ hash: attempts[0]!.hash });
    await scene.anvil.mine({ blocks: 1 });
    expect(await scene.deposits()).toEqual([]);
    await scene.untilSettled(outbox, ['d1', 'd2']);
    expect(await scene.deposits()).toEqual([1, 2]);
    expect((await outbox.find('d1'))!.nonce).toBe(0);
  });

  it('with all others of the pool is no loss', async () => {
    await scene.anvil.setAutomine(false);
    const outbox = scene.outbox();
    for (const n of [1, 2, 3]) await outbox.enqueue({ key: `d${n}`, call: scene.deposit(n) });
    await outbox.tick();
    await scene.anvil.request({ method: 'anvil_dropAllTransactions' } as never);
    await scene.untilSettled(outbox, ['d1', 'd2', 'd3']);
    expect(await scene.deposits()).toEqual([1, 2, 3]);
  });
});

describe('a foreign transaction of the same key', () => {
  /** Sent by us and overtaken by somebody else's of the same nonce, which is in a block. */
  async function overtaken() {
    await scene.anvil.setAutomine(false);
    const outbox = scene.outbox();
    await outbox.enqueue({ key: 'd1', call: scene.deposit(1) });
    await outbox.tick();
    await scene.foreign(0, 100);
    await scene.anvil.mine({ blocks: 1 });
    expect(await scene.deposits()).toEqual([]);
    return outbox;
  }

  it('that took a nonce for good sends the intent to the next', async () => {
    const outbox = await overtaken();
    await outbox.tick();
    expect(await outbox.find('d1')).toMatchObject({ state: 'sent', nonce: 0 });
    await scene.untilSettled(outbox, ['d1']);
    expect(await outbox.find('d1')).toMatchObject({ state: 'final', nonce: 1 });
    expect(await scene.deposits()).toEqual([1]);
  });

  it('that a reorg drops in time leaves the nonce to the intent', async () => {
    const outbox = await overtaken();
    await outbox.tick();
    await scene.reorg(1);
    await scene.untilSettled(outbox, ['d1']);
    expect(await outbox.find('d1')).toMatchObject({ state: 'final', nonce: 0 });
    expect(await scene.deposits()).toEqual([1]);
  });

  it('that waits in the pool is passed by, and its nonce is filled when it vanishes', async () => {
    await scene.anvil.setAutomine(false);
    const hash = await scene.foreign(0, 5);
    const steps: OutboxStep[] = [];
    const outbox = scene.outbox({ onStep: (step) => void steps.push(step) });
    await outbox.enqueue({ key: 'd1', call: scene.deposit(1) });
    await outbox.tick();
    expect((await outbox.find('d1'))!.nonce).toBe(1);
    await scene.anvil.dropTransaction({ hash });
    await scene.anvil.mine({ blocks: 1 });
    expect(await scene.deposits()).toEqual([]);
    await scene.untilSettled(outbox, ['d1']);
    expect(steps.filter((step) => step === 'filled')).toHaveLength(1);
    expect(await scene.deposits()).toEqual([1]);
  });

  it('with a fee too low to be mined is outbid', async () => {
    await scene.anvil.setAutomine(false);
    const outbox = scene.outbox();
    await outbox.enqueue({ key: 'd1', call: scene.deposit(1) });
    await outbox.tick();
    const [ours] = (await outbox.find('d1'))!.attempts;
    await scene.anvil.dropTransaction({ hash: ours!.hash });
    await scene.foreign(0, 10);
    // The node takes ours only in place of the stranger's, for more.
    await scene.anvil.setNextBlockBaseFeePerGas({ baseFeePerGas: 20n * 10n ** 9n });
    await scene.anvil.mine({ blocks: 1 });
    await scene.untilSettled(outbox, ['d1']);
    expect(await outbox.find('d1')).toMatchObject({ state: 'final', nonce: 0 });
    expect(await scene.deposits()).toEqual([1]);
  });
});
