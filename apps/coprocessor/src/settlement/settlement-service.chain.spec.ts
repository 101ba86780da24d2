import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPublicClient, createTestClient, createWalletClient, http, type PublicClient } from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import { foundry } from 'viem/chains';
import { avsId, keyRoot, typedDigest, type Hex } from '@odf/protocol';
import {
  collateralVaultAbi,
  coprocessorRegistryAbi,
  escrowDepositCall,
  LevelIntentStore,
  NATIVE_ASSET,
  startLocalChain,
  type Deployment,
  type LocalChain,
} from '@odf/settlement';
import { testValidator, waitFor } from '@odf/testing';
import { deployContracts } from '../../../../libs/settlement/test/deploy-contracts.js';
import { FakeRelay } from '../../test/fake-relay.js';
import { testParts } from '../../test/parts.js';
import { parseStrategy } from '../strategy.js';
import { SettlementService } from './settlement-service.js';

jest.setTimeout(60_000);

const ETHER = 10n ** 18n;
const account = (addressIndex: number) =>
  mnemonicToAccount('test test test test test test test test test test test junk', { addressIndex });
const avs: Hex = `0x${'a4'.repeat(20)}`;
const oracle: Hex = `0x${'04'.repeat(20)}`;
const avs_id = avsId(31_337n, avs, 7);
const owner = account(1);
const strategy = parseStrategy(`
capacity: { units: 6 }
avs: [{ avs: da, steps: [{ fee_share_bps: 900, units: 4 }], cover_wei_per_unit: 5 }]
settlement:
  collateral: [{ wei: ${3n * ETHER} }]
  lines: [{ avs: da, cap_wei: ${2n * ETHER}, oracle: "${oracle}" }]
  redeem_above_wei: ${ETHER}
  redeem_at_shutdown: true
`).settlement;

let chain: LocalChain;
let reader: PublicClient;
let deployment: Deployment;
let world: Awaited<ReturnType<typeof testParts>>;
let dir: string;

beforeAll(async () => {
  [chain, world] = await Promise.all([startLocalChain(), testParts()]);
  dir = mkdtempSync(join(tmpdir(), 'odf-settlement-'));
  const transport = http(chain.rpcUrl);
  reader = createPublicClient({ chain: foundry, transport, cacheTime: 0 });
  const wallet = createWalletClient({ chain: foundry, transport });
  deployment = await deployContracts(reader, wallet, account(0), { avs, operatorSetId: 7, oracle, attributor: avs });
  const funding = escrowDepositCall(deployment, testValidator(0).account, ETHER);
  await wallet.sendTransaction({ ...funding, account: account(2), chain: foundry });
  // Blocks come by themselves, as they do elsewhere.
  await createTestClient({ chain: foundry, transport, mode: 'anvil' }).setIntervalMining({ interval: 1 });
});
afterAll(async () => {
  await Promise.all([chain.stop(), world.close()]);
  rmSync(dir, { recursive: true });
});

/** A service in its folder at a relay that settles on the chain; `stop` ends it in order. */
async function start() {
  const relay = new FakeRelay();
  const context = { ...relay.context, settlement: deployment.hub };
  const session = { client: relay.client, pubkey: relay.secret.pubkey, relayRoot: relay.relayRoot, context };
  const { account: operator, operator: signer } = testValidator(0);
  const voucher = { operator, owner: owner.address.toLowerCase() as Hex, cumulativeWei: 70n };
  const signature = await signer.sign({ hash: typedDigest('Voucher', voucher, context) });
  relay.on('listAvs', () => [{ avs_id, name: 'da', chain_id: 31_337n, avs, operator_set_id: 7 }]);
  relay.on('getCoprocessor', () => ({ lines: [] }));
  relay.on('coprocessorFees', () => []);
  relay.on('getVouchers', () => [{ operator, owner: voucher.owner, cumulative_wei: 70n, signature }]);
  const { key, store, logger } = world.parts;
  const service = new SettlementService(
    { rpcUrl: chain.rpcUrl, hub: undefined, confirmations: 1 },
    {
      ...{ key, store, logger, strategy, account: owner, count: () => undefined },
      clock: { nowMs: () => Date.now() },
      intents: await LevelIntentStore.open(join(dir, 'transactions')),
      sessions: () => [session],
    },
  );
  const stopping = new AbortController();
  const running = service.run(stopping.signal);
  const line = () => service.linesFor(session.relayRoot, avs_id)[0];
  return {
    service,
    line: () => waitFor(line, { timeoutMs: 30_000, what: 'a line' }),
    async stop() {
      stopping.abort();
      await running;
      await service.close();
    },
  };
}

describe('a coprocessor with a chain', () => {
  it('registers, funds and covers itself once over restarts, and takes its fees at the end', async () => {
    const first = await start();
    const id = await first.line();
    const registry = { address: deployment.registry, abi: coprocessorRegistryAbi } as const;
    const root = [keyRoot(world.parts.key.pubkey)] as const;
    expect(await reader.readContract({ ...registry, functionName: 'ownerOf', args: root })).toBe(owner.address);
    const vault = { address: deployment.vault, abi: collateralVaultAbi } as const;
    const balance = [owner.address, NATIVE_ASSET] as const;
    const [total, locked] = await reader.readContract({ ...vault, functionName: 'balanceOf', args: balance });
    expect([total, locked]).toEqual([3n * ETHER, 2n * ETHER]);
    await first.stop();
    expect(first.service.status()).toMatchObject({
      registered: true,
      lines: [{ line_id: id, cap_wei: String(2n * ETHER) }],
      fees: { promised_wei: '70', paid_wei: '70', collectable_wei: '0' },
      problems: [],
    });

    const nonce = await reader.getTransactionCount({ address: owner.address });
    const second = await start();
    expect(await second.line()).toBe(id);
    await second.stop();
    expect(await reader.getTransactionCount({ address: owner.address })).toBe(nonce);
  });
});
