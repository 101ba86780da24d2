import { avsId, zeroHex, type Hex } from '@odf/protocol';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPublicClient, createWalletClient, http } from 'viem';
import { deployOdf } from '../chain/deploy-odf.js';
import { odfHubAbi } from '../contracts/index.js';
import { devAccount } from './dev-account.js';
import type { ListedAvs } from './hub-listing.js';
import { openLocalSettlement, type LocalSettlement } from './local-settlement.js';
import { startLocalChain } from './local-chain.js';

jest.setTimeout(60_000);

const avsOf = (byte: string): ListedAvs => ({
  avs: `0x${byte.repeat(20)}`,
  operatorSetId: 0,
  acceptance: zeroHex(20),
  vetoSeconds: 1n,
  challengeSeconds: 2n,
});
const roles = {
  timelock: `0x${'01'.repeat(20)}`,
  guardian: `0x${'02'.repeat(20)}`,
  resolver: `0x${'03'.repeat(20)}`,
  veto: `0x${'04'.repeat(20)}`,
} as const;
const bonds = { registrationBond: 1n, claimBond: 1n };

describe('openLocalSettlement', () => {
  let dataDir: string;
  let opened: LocalSettlement | undefined;
  const open = async (...avss: ListedAvs[]) => (opened = await openLocalSettlement({ dataDir, chainId: 31_337, avss }));
  const isListed = async ({ chain, deployment }: LocalSettlement, { avs, operatorSetId }: ListedAvs) => {
    const reader = createPublicClient({ transport: http(chain.rpcUrl) });
    const args = [avsId(31_337n, avs, operatorSetId)] as const;
    const terms = await reader.readContract({
      abi: odfHubAbi,
      address: deployment.hub,
      functionName: 'avsTerms',
      args,
    });
    return terms.listed;
  };

  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'odf-local-settlement-'));
  });
  afterEach(async () => {
    await opened?.chain.stop();
    rmSync(dataDir, { recursive: true });
  });

  it('has its hub where the protocol’s vectors have theirs, and keeps it over a restart', async () => {
    const first = await open(avsOf('a1'));
    expect(first.deployment.hub).toBe('0x5fbdb2315678afecb367f032d93f642f64180aa3');
    await first.chain.stop();
    const second = await open(avsOf('a1'), avsOf('a2'));
    expect(second.deployment).toEqual(first.deployment);
    expect([await isListed(second, avsOf('a1')), await isListed(second, avsOf('a2'))]).toEqual([true, true]);
    expect(await isListed(second, avsOf('a3'))).toBe(false);
  });
});

describe('deployOdf', () => {
  it('finishes what was interrupted after any of its creations, and makes nothing twice', async () => {
    const chain = await startLocalChain();
    try {
      const transport = http(chain.rpcUrl);
      const reader = createPublicClient({ transport, cacheTime: 0 });
      const account = devAccount(5);
      const sender = createWalletClient({ transport, account });
      const sent: Hex[] = [];
      const failing = Object.assign(Object.create(sender) as typeof sender, {
        deployContract: async (creation: Parameters<typeof sender.deployContract>[0]) => {
          if (sent.length % 2 === 1) throw new Error(`killed after ${sent.push('0x')}`);
          sent.push('0x');
          return sender.deployContract(creation);
        },
      });
      const options = { roles, ...bonds, firstNonce: 0 };
      let killed = 0;
      for (; killed < 6; killed++) {
        const done = await deployOdf(reader, failing, options).catch((error: Error) => error);
        if (!(done instanceof Error)) break;
        expect(done.message).toMatch(/^killed/);
      }
      const deployment = await deployOdf(reader, sender, options);
      for (const name of ['hub', 'registry', 'vault', 'lines', 'claims', 'escrow'] as const) {
        expect(await reader.getCode({ address: deployment[name] })).toBeDefined();
      }
      expect(killed).toBeGreaterThan(2);
      expect(await reader.getTransactionCount({ address: account.address })).toBe(6);
    } finally {
      await chain.stop();
    }
  });

  it('makes another settlement beside the first one when no nonce is given', async () => {
    const chain = await startLocalChain();
    try {
      const transport = http(chain.rpcUrl);
      const reader = createPublicClient({ transport, cacheTime: 0 });
      const sender = createWalletClient({ transport, account: devAccount(5) });
      const one = await deployOdf(reader, sender, { roles, ...bonds });
      const two = await deployOdf(reader, sender, { roles, ...bonds });
      expect(two.hub).not.toBe(one.hub);
    } finally {
      await chain.stop();
    }
  });
});
