import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestClient, http, publicActions, walletActions } from 'viem';
import { foundry } from 'viem/chains';
import { answers } from './anvil.js';
import { startLocalChain, type LocalChain } from './local-chain.js';

jest.setTimeout(60_000);

const RICH = `0x${'0a'.repeat(20)}` as const;
let dataDir: string;
const started: LocalChain[] = [];

const start = async (options: Parameters<typeof startLocalChain>[0] = {}) => {
  const chain = await startLocalChain({ dataDir, ...options });
  started.push(chain);
  return chain;
};
const clientOf = ({ rpcUrl }: LocalChain) =>
  createTestClient({ chain: foundry, mode: 'anvil', transport: http(rpcUrl) })
    .extend(publicActions)
    .extend(walletActions);

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'odf-local-chain-'));
});
afterEach(async () => {
  for (const chain of started.splice(0)) await chain.stop();
  rmSync(dataDir, { recursive: true });
});

describe('startLocalChain', () => {
  it('keeps its blocks and balances over a stop', async () => {
    const first = await start();
    await clientOf(first).setBalance({ address: RICH, value: 7n });
    await clientOf(first).mine({ blocks: 3 });
    await first.stop();
    const second = await start();
    expect(second.adopted).toBe(false);
    expect(await clientOf(second).getBalance({ address: RICH })).toBe(7n);
    expect(await clientOf(second).getBlockNumber()).toBe(3n);
  });

  it('takes over what a killed process left running', async () => {
    const left = await start();
    await clientOf(left).setBalance({ address: RICH, value: 9n });
    const found = await start();
    expect([found.adopted, found.pid, found.rpcUrl]).toEqual([true, left.pid, left.rpcUrl]);
    expect(await clientOf(found).getBalance({ address: RICH })).toBe(9n);
  });

  it('ends one that runs with other options before it starts its own', async () => {
    const left = await start();
    const next = await start({ blockTimeS: 1 });
    expect(next.adopted).toBe(false);
    expect(await answers({ port: Number(new URL(left.rpcUrl).port) })).toBe(false);
  });

  it('starts once for two that start at the same time', async () => {
    const [one, two] = await Promise.all([start(), start()]);
    expect(one.pid).toBe(two.pid);
  });
});
