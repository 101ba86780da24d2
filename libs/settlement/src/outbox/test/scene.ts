import { ManualClock } from '@odf/telemetry';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createPublicClient,
  createTestClient,
  createWalletClient,
  encodeFunctionData,
  type Abi,
  getContractAddress,
  http,
  parseAbiItem,
  parseEther,
  type Hex,
  type LocalAccount,
  type PublicClient,
  type TestClient,
} from 'viem';
import { mnemonicToAccount, privateKeyToAccount } from 'viem/accounts';
import { foundry } from 'viem/chains';
import type { ChainCall } from '../../claim-desk.js';
import { feeEscrowAbi, feeEscrowBytecode } from '../../contracts/index.js';
import { startLocalChain, type LocalChain } from '../../local-chain/local-chain.js';
import type { IntentStore } from '../intent-store.js';
import { LevelIntentStore } from '../level-intent-store.js';
import type { OutboxOptions } from '../outbox-options.js';
import { TxOutbox } from '../tx-outbox.js';

export const silent = { info: () => undefined, warn: () => undefined };
export const DEPOSITED = parseAbiItem(
  'event EscrowDeposited(address indexed operator, uint256 amount, uint256 balance)',
);

/** A local chain with an escrow, an account with ether, and a store of its intents on disk. */
export class Scene {
  readonly clock = new ManualClock();
  readonly secret: Hex = `0x${randomBytes(32).toString('hex')}`;
  readonly account: LocalAccount = privateKeyToAccount(this.secret);
  readonly operator: Hex = `0x${randomBytes(20).toString('hex')}`;

  private constructor(
    readonly chain: LocalChain,
    readonly client: PublicClient,
    readonly anvil: TestClient,
    readonly escrow: Hex,
    readonly folder: string,
    public store: LevelIntentStore,
  ) {}

  static async open(): Promise<Scene> {
    const chain = await startLocalChain();
    const transport = http(chain.rpcUrl, { retryCount: 0 });
    const client = createPublicClient({ chain: foundry, transport, cacheTime: 0, pollingInterval: 10 });
    const deployer = mnemonicToAccount('test test test test test test test test test test test junk');
    const wallet = createWalletClient({ account: deployer, chain: foundry, transport });
    const args = [deployer.address] as const;
    const hash = await wallet.deployContract({ abi: feeEscrowAbi, bytecode: feeEscrowBytecode, args });
    await client.waitForTransactionReceipt({ hash });
    const folder = await mkdtemp(join(tmpdir(), 'odf-outbox-'));
    const scene = new Scene(
      chain,
      client,
      createTestClient({ mode: 'anvil', chain: foundry, transport }),
      getContractAddress({ from: deployer.address, nonce: 0n }),
      folder,
      await LevelIntentStore.open(folder),
    );
    await scene.anvil.setBalance({ address: scene.account.address, value: parseEther('1000') });
    // Deep enough under whatever a test reorganises.
    await scene.anvil.mine({ blocks: 20 });
    return scene;
  }

  async close(): Promise<void> {
    await this.store.close();
    await this.chain.stop();
    await rm(this.folder, { recursive: true });
  }

  options(): OutboxOptions<never> {
    const { client, account, store, clock } = this;
    return {
      client,
      account,
      chainId: 31_337n,
      store,
      confirmations: 3,
      clock,
      log: silent,
      abis: [feeEscrowAbi],
      pollMs: 10,
    };
  }

  outbox<Transaction = never>(
    options: Partial<OutboxOptions<Transaction>> & { store?: IntentStore<Transaction> } = {},
  ): TxOutbox<Transaction> {
    return new TxOutbox<Transaction>({ ...(this.options() as OutboxOptions<Transaction>), ...options });
  }

  /** Pays `wei` into the escrow: an effect that shows how often it took place. */
  deposit(wei: number): ChainCall {
    return this.call('deposit', [this.operator], BigInt(wei));
  }

  call(functionName: 'deposit' | 'requestWithdrawal' | 'withdraw', args: readonly unknown[], value = 0n): ChainCall {
    const data = encodeFunctionData<Abi>({ abi: feeEscrowAbi, functionName, args });
    return { to: this.escrow, data, value };
  }

  /** The deposits that stand in the chain, sorted. */
  async deposits(): Promise<number[]> {
    const logs = await this.client.getLogs({ address: this.escrow, event: DEPOSITED, fromBlock: 0n });
    return logs.map(({ args }) => Number(args.amount)).sort((a, b) => a - b);
  }

  /** Drops the last blocks with their transactions for empty ones. */
  async reorg(depth: number): Promise<void> {
    await this.anvil.request({ method: 'anvil_reorg', params: [depth, []] } as never);
  }

  /** Ticks and mines until every one of these is settled; ends in an error, not in a hang. */
  async untilSettled(outbox: TxOutbox<never>, keys: readonly string[]): Promise<void> {
    for (let round = 0; round < 40; round++) {
      await outbox.tick();
      const rows = await Promise.all(keys.map((key) => outbox.find(key)));
      if (rows.every((row) => row?.state === 'final' || row?.state === 'failed')) return;
      await this.anvil.mine({ blocks: 1 });
    }
    throw new Error(`not settled after 40 blocks: ${keys.join(', ')}`);
  }

  /** A transaction that somebody else with the same key sends; it is not mined by itself when automine is off. */
  async foreign(nonce: number, gwei: number): Promise<Hex> {
    const fee = BigInt(gwei) * 10n ** 9n;
    const serializedTransaction = await this.account.signTransaction({
      type: 'eip1559',
      chainId: 31_337,
      nonce,
      gas: 21_000n,
      to: this.account.address,
      maxFeePerGas: fee,
      maxPriorityFeePerGas: fee,
    });
    return this.client.sendRawTransaction({ serializedTransaction });
  }
}
