import type { Hex } from '@odf/protocol';
import {
  bringSettlement,
  openDaAvs,
  startLocalChain,
  type ChainCall,
  type DaAvsRules,
  type Deployment,
} from '@odf/settlement';
import {
  createPublicClient,
  createTestClient,
  createWalletClient,
  http,
  type LocalAccount,
  type PublicClient,
  type TestClient,
  type TransactionReceipt,
} from 'viem';
import { foundry } from 'viem/chains';

const BLOCK_TIME_S = 1;
const POLL_MS = 100;
/** Above what any call here needs: an estimate fails where the call waits for one that is not mined yet. */
const GAS = 3_000_000n;

/** Which chain the demo plays on. */
export interface GroundOptions {
  /** Where a chain of the demo's own is kept. */
  dataDir: string;
  /** A development chain that runs already; one of the demo's own unless given. */
  rpcUrl?: string | undefined;
  rules: DaAvsRules;
}

/** The chain under a demo, with the settlement and the AVS; it stands whatever becomes of relay and clients. */
export class Ground {
  readonly client: PublicClient;
  readonly node: TestClient;

  private constructor(
    readonly rpcUrl: string,
    readonly deployment: Deployment,
    readonly stop: () => Promise<void>,
  ) {
    const transport = http(rpcUrl, { batch: true });
    this.client = createPublicClient({ chain: foundry, transport, cacheTime: 0, pollingInterval: POLL_MS });
    this.node = createTestClient({ chain: foundry, transport, mode: 'anvil' });
  }

  /**
   * Starts or takes over the chain, and brings there what is missing.
   *
   * @throws {LocalChainError} when it does not start; {@link DeploymentError} when it has no room for the contracts.
   */
  static async open({ dataDir, rpcUrl, rules }: GroundOptions): Promise<Ground> {
    const { chainId } = { chainId: foundry.id };
    const chain =
      rpcUrl === undefined
        ? await startLocalChain({ dataDir, chainId, blockTimeS: BLOCK_TIME_S })
        : { rpcUrl, stop: async () => undefined };
    try {
      const deployment = await bringSettlement(chain.rpcUrl, []);
      await openDaAvs(chain.rpcUrl, deployment, rules);
      return new Ground(chain.rpcUrl, deployment, () => chain.stop());
    } catch (error) {
      await chain.stop();
      throw error;
    }
  }

  /** Gives an account at least so much, wei. */
  async fund(address: Hex, wei: bigint): Promise<void> {
    if ((await this.client.getBalance({ address })) < wei) await this.node.setBalance({ address, value: wei });
  }

  /**
   * Sends calls of one account, one after the other, and waits until all are mined.
   *
   * @throws {Error} when one reverts.
   */
  async send(account: LocalAccount, ...calls: ChainCall[]): Promise<TransactionReceipt[]> {
    const wallet = createWalletClient({ chain: foundry, transport: http(this.rpcUrl), account });
    let nonce = await this.client.getTransactionCount({ address: account.address, blockTag: 'pending' });
    const hashes: Hex[] = [];
    for (const call of calls) hashes.push(await wallet.sendTransaction({ ...call, gas: GAS, nonce: nonce++ }));
    return Promise.all(hashes.map((hash) => this.mined(hash)));
  }

  /** Sends a call whatever the chain says of it, and waits for what became of it. */
  async attempt(account: LocalAccount, call: ChainCall): Promise<TransactionReceipt> {
    const wallet = createWalletClient({ chain: foundry, transport: http(this.rpcUrl), account });
    const hash = await wallet.sendTransaction({ ...call, gas: GAS });
    return this.client.waitForTransactionReceipt({ hash, pollingInterval: POLL_MS });
  }

  /** @throws {Error} when the transaction reverted. */
  async mined(hash: Hex): Promise<TransactionReceipt> {
    const receipt = await this.client.waitForTransactionReceipt({ hash, pollingInterval: POLL_MS });
    if (receipt.status !== 'success') throw new Error(`the transaction ${hash} reverted`);
    return receipt;
  }

  /** Moves the chain's time forward. */
  async passTime(seconds: number): Promise<void> {
    await this.node.increaseTime({ seconds });
    await this.node.mine({ blocks: 1 });
  }
}
