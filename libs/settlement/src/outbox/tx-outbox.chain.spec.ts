import { waitFor } from '@odf/testing';
import { IntentFailedError } from './tx-outbox.js';
import { Scene } from './test/scene.js';

jest.setTimeout(60_000);

let scene: Scene;
beforeEach(async () => {
  scene = await Scene.open();
});
afterEach(() => scene.close());

const GWEI = 10n ** 9n;

describe('TxOutbox on a quiet chain', () => {
  it('sends each intent once, in order of nonces, and calls it final at its depth', async () => {
    const outbox = scene.outbox();
    for (const n of [1, 2, 3]) expect(await outbox.enqueue({ key: `d${n}`, call: scene.deposit(n) })).toBe(true);
    await outbox.tick();
    await outbox.tick();
    const rows = await Promise.all([1, 2, 3].map((n) => outbox.find(`d${n}`)));
    expect(rows.map((row) => [row!.nonce, row!.status])).toEqual([0, 1, 2].map((nonce) => [nonce, 'success']));
    expect(rows.map((row) => row!.state)).toEqual(['final', 'mined', 'mined']);
    await scene.untilSettled(outbox, ['d1', 'd2', 'd3']);
    expect(await scene.deposits()).toEqual([1, 2, 3]);
  });

  it('takes the first of a key, however often and whenever it comes', async () => {
    const outbox = scene.outbox();
    const fresh = await Promise.all([1, 1, 1].map((n) => outbox.enqueue({ key: 'd', call: scene.deposit(n) })));
    expect(fresh.filter(Boolean)).toHaveLength(1);
    await scene.untilSettled(outbox, ['d']);
    expect(await outbox.enqueue({ key: 'd', call: scene.deposit(1) })).toBe(false);
    await outbox.tick();
    expect(await scene.deposits()).toEqual([1]);
  });

  it('spends no nonce on what the chain would revert, and says why', async () => {
    const outbox = scene.outbox();
    await outbox.enqueue({ key: 'empty', call: scene.deposit(0) });
    await outbox.enqueue({ key: 'd', call: scene.deposit(1) });
    await scene.untilSettled(outbox, ['empty', 'd']);
    expect(await outbox.find('empty')).toMatchObject({ state: 'failed', nonce: null, reason: 'NothingToMove()' });
    expect((await outbox.find('d'))!.nonce).toBe(0);
  });

  it('tells what was reverted in its block', async () => {
    const outbox = scene.outbox();
    await outbox.enqueue({ key: 'd', call: scene.call('deposit', [scene.account.address], 10n) });
    await scene.untilSettled(outbox, ['d']);
    await outbox.enqueue({ key: 'leave', call: scene.call('requestWithdrawal', [10n]) });
    await scene.untilSettled(outbox, ['leave']);
    await scene.anvil.increaseTime({ seconds: 8 * 86_400 });
    await scene.anvil.mine({ blocks: 1 });
    await scene.anvil.setAutomine(false);
    // Each holds by itself, and there is only one to be had.
    for (const key of ['w1', 'w2']) {
      await outbox.enqueue({ key, call: scene.call('withdraw', [scene.account.address]) });
    }
    await outbox.tick();
    await scene.untilSettled(outbox, ['w1', 'w2']);
    const rows = await Promise.all(['w1', 'w2'].map((key) => outbox.find(key)));
    expect(rows.map((row) => row!.state)).toEqual(['final', 'failed']);
    expect(rows[1]).toMatchObject({ status: 'reverted', transaction: expect.stringMatching(/^0x/) });
    expect(rows[1]!.reason).toBe('reverted by what came before it in its block');
  });

  it('waits for a call until it is in a block, and throws for one that never will be', async () => {
    const outbox = scene.outbox();
    const stopping = new AbortController();
    const running = outbox.run(stopping.signal);
    const sent = await outbox.send('d', scene.deposit(1));
    expect(sent).toEqual({ transaction: expect.any(String), status: 'success', blockNumber: expect.any(BigInt) });
    expect((await scene.client.getTransactionReceipt({ hash: sent.transaction })).blockNumber).toBe(sent.blockNumber);
    await expect(outbox.send('none', scene.deposit(0))).rejects.toThrow(IntentFailedError);
    stopping.abort();
    await running;
  });

  it('keeps a bound on what is in flight', async () => {
    await scene.anvil.setAutomine(false);
    const outbox = scene.outbox({ maxInFlight: 2 });
    for (const n of [1, 2, 3]) await outbox.enqueue({ key: `d${n}`, call: scene.deposit(n) });
    for (let round = 0; round < 3; round++) await outbox.tick();
    expect(await scene.client.getTransactionCount({ address: scene.account.address, blockTag: 'pending' })).toBe(2);
    await scene.untilSettled(outbox, ['d1', 'd2', 'd3']);
    expect(await scene.deposits()).toEqual([1, 2, 3]);
  });

  it('refuses to sign for another chain than its own', async () => {
    const outbox = scene.outbox({ chainId: 1n });
    await outbox.enqueue({ key: 'd', call: scene.deposit(1) });
    await expect(outbox.tick()).rejects.toThrow('the node is of chain 31337, and this account sends on 1');
  });
});

describe('an intent with an expiry', () => {
  const enqueue = (outbox: ReturnType<Scene['outbox']>) =>
    outbox.enqueue({ key: 'd', call: scene.deposit(1), notAfterMs: scene.clock.nowMs() + 1_000 });

  it('is dropped while it is not sent', async () => {
    const outbox = scene.outbox();
    await enqueue(outbox);
    scene.clock.advance(1_001);
    await outbox.tick();
    expect(await outbox.find('d')).toMatchObject({
      state: 'failed',
      nonce: null,
      reason: 'expired before it was sent',
    });
  });

  it('gives its nonce to nothing once it is sent, so that those behind it go on', async () => {
    await scene.anvil.setAutomine(false);
    const outbox = scene.outbox();
    await enqueue(outbox);
    await outbox.tick();
    await outbox.enqueue({ key: 'e', call: scene.deposit(2) });
    await outbox.tick();
    scene.clock.advance(1_001);
    await outbox.tick();
    await scene.untilSettled(outbox, ['d', 'e']);
    expect(await outbox.find('d')).toMatchObject({
      state: 'failed',
      status: null,
      reason: 'expired before it was mined',
    });
    expect(await outbox.find('e')).toMatchObject({ state: 'final', status: 'success', nonce: 1 });
    expect(await scene.deposits()).toEqual([2]);
  });

  it('stands when it was mined in time', async () => {
    const outbox = scene.outbox();
    await enqueue(outbox);
    await outbox.tick();
    scene.clock.advance(1_001);
    await scene.untilSettled(outbox, ['d']);
    expect((await outbox.find('d'))!.state).toBe('final');
    expect(await scene.deposits()).toEqual([1]);
  });
});

describe('fees', () => {
  it('rise by an eighth at least, both, when blocks pass by a transaction', async () => {
    await scene.anvil.setAutomine(false);
    const outbox = scene.outbox();
    await outbox.enqueue({ key: 'd', call: scene.deposit(1) });
    await outbox.tick();
    const first = (await outbox.find('d'))!;
    await scene.anvil.dropTransaction({ hash: first.attempts[0]!.hash });
    await scene.anvil.mine({ blocks: 3 });
    await outbox.tick();
    const [before, after] = (await outbox.find('d'))!.attempts;
    for (const fee of ['maxFeePerGas', 'maxPriorityFeePerGas'] as const) {
      expect(after![fee] * 8n).toBeGreaterThanOrEqual(before![fee] * 9n);
    }
    await scene.untilSettled(outbox, ['d']);
    expect((await outbox.find('d'))!.transaction).toBe(after!.hash);
    expect(await scene.deposits()).toEqual([1]);
  });

  it('follow a spike of the base fee at once', async () => {
    await scene.anvil.setAutomine(false);
    const outbox = scene.outbox();
    await outbox.enqueue({ key: 'd', call: scene.deposit(1) });
    await outbox.tick();
    await scene.anvil.setNextBlockBaseFeePerGas({ baseFeePerGas: 50n * GWEI });
    await scene.anvil.mine({ blocks: 1 });
    expect(await scene.deposits()).toEqual([]);
    await outbox.tick();
    await scene.anvil.mine({ blocks: 1 });
    expect(await scene.deposits()).toEqual([1]);
    await scene.untilSettled(outbox, ['d']);
    expect(await scene.deposits()).toEqual([1]);
  });

  it('stop at the ceiling: it waits, says so once, and goes on when the spike is over', async () => {
    await scene.anvil.setAutomine(false);
    const said: string[] = [];
    const log = { info: () => undefined, warn: (members: object) => void said.push(JSON.stringify(members)) };
    const fees = { minPriorityFeePerGas: 1n, maxFeePerGas: 3n * GWEI };
    const outbox = scene.outbox({ fees, log });
    await outbox.enqueue({ key: 'd1', call: scene.deposit(1) });
    await outbox.tick();
    await scene.anvil.setNextBlockBaseFeePerGas({ baseFeePerGas: 50n * GWEI });
    await scene.anvil.mine({ blocks: 1 });
    await outbox.enqueue({ key: 'd2', call: scene.deposit(2) });
    for (let round = 0; round < 3; round++) await outbox.tick();
    expect((await outbox.find('d1'))!.attempts.every(({ maxFeePerGas }) => maxFeePerGas <= 3n * GWEI)).toBe(true);
    expect(await outbox.find('d2')).toMatchObject({ state: 'queued', nonce: null });
    expect(said.filter((line) => line.includes('"d2"') && line.includes('ceiling'))).toHaveLength(1);
    expect(said.some((line) => line.includes('"d1"') && line.includes('ceiling'))).toBe(true);
    await scene.anvil.setNextBlockBaseFeePerGas({ baseFeePerGas: 1n * GWEI });
    await scene.anvil.mine({ blocks: 1 });
    await scene.untilSettled(outbox, ['d1', 'd2']);
    expect(await scene.deposits()).toEqual([1, 2]);
  });

  it('wait for an account without ether', async () => {
    const outbox = scene.outbox({ maxBackoffMs: 1 });
    await scene.anvil.setBalance({ address: scene.account.address, value: 0n });
    await outbox.enqueue({ key: 'd', call: scene.deposit(1) });
    await outbox.tick();
    expect(await outbox.find('d')).toMatchObject({ state: 'queued', reason: expect.stringMatching(/insufficient/i) });
    await scene.anvil.setBalance({ address: scene.account.address, value: 10n ** 18n });
    scene.clock.advance(10);
    await scene.untilSettled(outbox, ['d']);
    expect(await scene.deposits()).toEqual([1]);
  });
});

it('ends its loop with the pass under way', async () => {
  const stopping = new AbortController();
  let passes = 0;
  const outbox = scene.outbox({ onStep: () => void (passes += 1) });
  const running = outbox.run(stopping.signal);
  await outbox.enqueue({ key: 'd', call: scene.deposit(1) });
  await waitFor(() => passes > 0);
  stopping.abort();
  await running;
  const ended = passes;
  await outbox.enqueue({ key: 'e', call: scene.deposit(2) });
  expect(passes).toBe(ended);
  expect((await outbox.find('e'))!.state).toBe('queued');
});
