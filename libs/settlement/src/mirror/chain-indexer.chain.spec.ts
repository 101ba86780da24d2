import { keyRoot, zeroHex, type Hex } from '@odf/protocol';
import { waitFor } from '@odf/testing';
import { BaseError, createPublicClient, custom, http } from 'viem';
import { foundry } from 'viem/chains';
import { ChainWorld, first, second } from '../../test/chain-world.js';
import { FlakyProxy } from '../../test/flaky-proxy.js';
import { collateralVaultAbi, coverLinesAbi, feeEscrowAbi } from '../contracts/index.js';
import { ChainMoved } from './block-reader.js';
import { ChainIndexer, type ChainIndexerOptions, type IndexerStep } from './chain-indexer.js';
import { IndexerLoop } from './indexer-loop.js';
import { MemoryMirrorStore } from './memory-mirror-store.js';
import { MirrorReader } from './mirror-reader.js';

jest.setTimeout(120_000);

const operator: Hex = `0x${'0b'.repeat(20)}`;
const beneficiary: Hex = `0x${'be'.repeat(20)}`;
const NATIVE = zeroHex(20);

let world: ChainWorld;
let snapshot: Hex;
beforeAll(async () => {
  world = await ChainWorld.start();
});
afterAll(() => world.stop());
beforeEach(async () => {
  snapshot = await world.node.snapshot();
});
afterEach(() => world.node.revert({ id: snapshot }));

function indexerOn(store: MemoryMirrorStore, more: Partial<ChainIndexerOptions> = {}): ChainIndexer {
  const { client, deployment, startBlock } = world;
  return new ChainIndexer({ client, deployment, store, startBlock, ...more });
}

/** Steps until there is nothing to do; what the steps did. */
async function catchUp(indexer: ChainIndexer): Promise<IndexerStep[]> {
  const steps: IndexerStep[] = [];
  for (;;) {
    const step = await indexer.step();
    if (step.did === 'nothing') return steps;
    steps.push(step);
  }
}

/** Everything in the store that the chain can be asked for, beside what the chain says. */
async function expectTwin(store: MemoryMirrorStore, lineIds: readonly Hex[]): Promise<void> {
  const { client, deployment } = world;
  const reader = new MirrorReader(store, 1);
  const vault = { abi: collateralVaultAbi, address: deployment.vault } as const;
  const lines = { abi: coverLinesAbi, address: deployment.lines } as const;
  const escrow = { abi: feeEscrowAbi, address: deployment.escrow } as const;
  for (const { owner } of [first, second]) {
    const [total, locked, unbonding, readyAt] = await client.readContract({
      ...vault,
      functionName: 'balanceOf',
      args: [owner, NATIVE],
    });
    const mirrored = await reader.newest('collateral', `${owner}${NATIVE.slice(2)}`);
    const none = { owner, asset: NATIVE, free: 0n, locked: 0n, unbonding: 0n, ready_at: 0n };
    const onChain = { owner, asset: NATIVE, free: total - locked - unbonding, locked, unbonding, ready_at: readyAt };
    expect(mirrored ?? none).toEqual(onChain);
  }
  for (const lineId of lineIds) {
    const position = await client.readContract({ ...lines, functionName: 'positionOf', args: [lineId] });
    const exists = await client.readContract({ ...lines, functionName: 'exists', args: [lineId] });
    const line = await reader.newest('line', lineId);
    expect(line !== null).toBe(exists);
    if (line) expect({ spent: line.spent, held: line.held, closed: line.closed }).toEqual(position);
  }
  const owed = await client.readContract({ ...vault, functionName: 'entitlementOf', args: [beneficiary, NATIVE] });
  expect((await reader.newest('entitlement', `${beneficiary}${NATIVE.slice(2)}`))?.amount ?? 0n).toBe(owed);
  const [balance, leaving, ready_at] = await client.readContract({
    ...escrow,
    functionName: 'balanceOf',
    args: [operator],
  });
  const mirrored = await reader.newest('escrow', operator);
  expect(mirrored ?? { balance: 0n, leaving: 0n, ready_at: 0n, paid: 0n }).toEqual({
    balance,
    leaving,
    ready_at,
    paid: 0n,
  });
}

/** Moves every fund once; the lines that it opened. */
async function movesOfEveryKind(): Promise<Hex[]> {
  const [a, b] = (await world.cover(first, 100n, 50n)) as [Hex, Hex];
  const [c] = (await world.cover(second, 30n)) as [Hex];
  await world.deposit(first.owner, 40n);
  await world.unbond(first.owner, 25n);
  await world.claim('hold', a, 70n);
  await world.claim('unhold', a, 20n);
  await world.draw(a, 50n, beneficiary);
  await world.claim('hold', c, 30n);
  await world.fund(operator, 500n);
  await world.fund(operator, 5n);
  await world.leave(operator, 200n);
  await world.revoke(second);
  return [a, b, c];
}

describe('ChainIndexer', () => {
  it('mirrors what every fund, line and escrow is, as the contracts tell it', async () => {
    const store = new MemoryMirrorStore();
    const indexer = indexerOn(store);
    const lines = await movesOfEveryKind();
    await catchUp(indexer);
    await expectTwin(store, lines);
    const reader = new MirrorReader(store, 1);
    const owned = await reader.all('line', keyRoot(first.pubkey));
    expect(owned.map(({ id }) => id)).toEqual(lines.slice(0, 2));
    expect(owned[0]!.head.terms).toMatchObject({ cap: 100n, owner: first.owner, coprocessor: keyRoot(first.pubkey) });
    expect(await reader.newest('coprocessor', keyRoot(second.pubkey))).toEqual({
      pubkey: second.pubkey,
      owner: second.owner,
      revoked: true,
      bonded: true,
    });
    await world.node.increaseTime({ seconds: 22 * 86_400 });
    await world.collect(beneficiary);
    await world.withdraw(first.owner);
    await world.leaveNow(operator);
    await catchUp(indexer);
    await expectTwin(store, lines);
    expect(indexer.head).toBe(await world.client.getBlockNumber());
    expect(indexer.lag).toBe(0n);
  });

  it('reads an old chain in bounded ranges and near the head block by block, to the same mirror', async () => {
    const [near, far] = [new MemoryMirrorStore(), new MemoryMirrorStore()];
    const lines = await movesOfEveryKind();
    await world.node.mine({ blocks: 40 });
    await world.fund(operator, 7n);
    await catchUp(indexerOn(near, { keep: 1_000 }));
    const steps = await catchUp(indexerOn(far, { keep: 8, maxRange: 5 }));
    const lengths = steps.map((step) => (step.did === 'advanced' ? Number(step.to - step.from) + 1 : 0));
    expect(Math.max(...lengths.slice(0, -1))).toBe(5);
    expect(lengths.at(-1)).toBe(8);
    await expectTwin(far, lines);
    for (const kind of ['line', 'escrow', 'collateral'] as const) {
      const group = kind === 'line' ? keyRoot(first.pubkey) : kind === 'escrow' ? operator : first.owner;
      expect(await far.find(kind, { group }, 3n)).toEqual(await near.find(kind, { group }, 3n));
    }
    expect((await far.blocks()).length).toBeLessThanOrEqual(9);
  });

  it('follows a reorganisation that drops events, and takes those that come instead', async () => {
    const store = new MemoryMirrorStore();
    const indexer = indexerOn(store);
    const lines = await world.cover(first, 100n);
    await world.node.mine({ blocks: 3 });
    await world.claim('hold', lines[0]!, 60n);
    await world.fund(operator, 500n);
    await catchUp(indexer);
    expect(await new MirrorReader(store, 1).newest('escrow', operator)).toMatchObject({ balance: 500n });
    await world.reorg(3);
    await catchUp(indexer);
    expect(await new MirrorReader(store, 1).newest('escrow', operator)).toBeNull();
    await expectTwin(store, lines);
    await world.fund(operator, 3n);
    await world.claim('hold', lines[0]!, 10n);
    expect((await catchUp(indexer)).map(({ did }) => did)).toEqual(['advanced']);
    expect(await new MirrorReader(store, 1).newest('escrow', operator)).toMatchObject({ balance: 3n });
    await expectTwin(store, lines);
  });

  it('follows a chain that became shorter', async () => {
    const store = new MemoryMirrorStore();
    const indexer = indexerOn(store);
    const lines = await world.cover(first, 100n);
    await world.fund(operator, 500n);
    await catchUp(indexer);
    await world.rollback(2);
    expect(await catchUp(indexer)).toEqual([{ did: 'rolled back', dropped: 2n }]);
    await expectTwin(store, lines);
  });

  it('reads everything anew after a reorganisation deeper than what it keeps', async () => {
    const store = new MemoryMirrorStore();
    const indexer = indexerOn(store, { keep: 2 });
    const lines = await world.cover(first, 100n);
    await world.node.mine({ blocks: 2 });
    await world.fund(operator, 500n);
    await world.node.mine({ blocks: 6 });
    await catchUp(indexer);
    await world.reorg(8);
    const [back, ...on] = await catchUp(indexer);
    expect(back).toMatchObject({ did: 'rolled back' });
    expect(on[0]).toMatchObject({ did: 'advanced', from: 0n });
    await expectTwin(store, lines);
  });

  it.each([
    ['block by block', 100],
    ['in ranges', 1],
  ])('is right at whatever request the chain is reorganised under its reading %s', async (_, keep) => {
    const lines = await movesOfEveryKind();
    await world.node.mine({ blocks: 2 });
    const store = new MemoryMirrorStore();
    for (let request = 1; request <= 9; request += 1) {
      let seen = 0;
      const disturbed = custom({
        request: async ({ method, params }) => {
          seen += 1;
          if (seen === request) await world.reorg(3);
          return world.client.request({ method, params } as never);
        },
      });
      const client = createPublicClient({ chain: foundry, transport: disturbed, cacheTime: 0 });
      await world.fund(operator, BigInt(request));
      const indexer = indexerOn(store, { client, keep });
      // Steps that saw two chains fail, by our own check or the node's, and are done again.
      for (let caught = false; !caught;) {
        caught = await catchUp(indexer).then(
          () => true,
          (error: unknown) => {
            expect(error instanceof ChainMoved || error instanceof BaseError).toBe(true);
            return false;
          },
        );
      }
      await expectTwin(store, lines);
    }
  });

  it('goes on from its cursor after a restart, reading nothing twice', async () => {
    const store = new MemoryMirrorStore();
    await world.fund(operator, 500n);
    await catchUp(indexerOn(store));
    const tip = (await store.tip())!;
    await world.fund(operator, 5n);
    const restarted = indexerOn(store);
    expect(await catchUp(restarted)).toEqual([{ did: 'advanced', from: tip.number + 1n, to: tip.number + 1n }]);
    await expectTwin(store, []);
  });

  it('takes each event once though it dies at every request and at every write', async () => {
    const proxy = await FlakyProxy.to(world.chain.rpcUrl);
    const client = createPublicClient({ chain: foundry, transport: http(proxy.url, { retryCount: 0 }) });
    const lines = await movesOfEveryKind();
    await world.node.mine({ blocks: 10 });
    const store = new MemoryMirrorStore();
    const write = jest.spyOn(store, 'advance');
    let deaths = 0;
    for (let died = true, patience = 1; died; patience += 1) {
      proxy.left = patience;
      // Every second write dies before it takes effect, as a transaction does that was not committed.
      if (patience % 2 === 0) write.mockRejectedValueOnce(new Error('killed'));
      died = await catchUp(indexerOn(store, { client, keep: 6, maxRange: 4 })).then(
        () => false,
        () => true,
      );
      write.mockReset().mockImplementation(MemoryMirrorStore.prototype.advance.bind(store));
      if (died) deaths += 1;
    }
    expect(deaths).toBeGreaterThan(8);
    await expectTwin(store, lines);
    proxy.left = Infinity;
    expect(await catchUp(indexerOn(store, { client }))).toEqual([]);
    await proxy.close();
  });

  it('is one of several writers: what one wrote the others go on from', async () => {
    const store = new MemoryMirrorStore();
    const lines = await movesOfEveryKind();
    const crowd = Array.from({ length: 4 }, () => indexerOn(store, { keep: 10, maxRange: 3 }));
    await Promise.all(
      crowd.map(async (indexer) => {
        while ((await indexer.step()).did !== 'nothing' || indexer.lag !== 0n);
      }),
    );
    await expectTwin(store, lines);
  });
});

describe('IndexerLoop', () => {
  it('is patient with a chain that is away, and loses nothing', async () => {
    const proxy = await FlakyProxy.to(world.chain.rpcUrl);
    const client = createPublicClient({ chain: foundry, transport: http(proxy.url, { retryCount: 0 }) });
    const store = new MemoryMirrorStore();
    const waits: number[] = [];
    const indexer = indexerOn(store, { client });
    const loop = new IndexerLoop({ indexer, pollMs: 10, onError: (_, waitMs) => waits.push(waitMs) });
    const stop = new AbortController();
    const running = loop.run(stop.signal);
    await loop.reached(await world.client.getBlockNumber(), stop.signal);
    proxy.left = 0;
    const lines = await movesOfEveryKind();
    await waitFor(() => waits.length >= 3);
    expect(loop.failing).toBe(true);
    expect(waits.slice(0, 3)).toEqual([250, 500, 1_000]);
    proxy.left = Infinity;
    await loop.reached(await world.client.getBlockNumber(), stop.signal);
    expect(loop.failing).toBe(false);
    await expectTwin(store, lines);
    stop.abort(new Error('over'));
    await running;
    await expect(loop.reached(10n ** 9n, stop.signal)).rejects.toThrow('over');
    await proxy.close();
  });
});
