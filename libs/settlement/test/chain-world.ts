import { avsId, keyRoot, ProofOfPossession, signingRoot, zeroHex, type Hex } from '@odf/protocol';
import { testCoprocessor, type TestCoprocessor } from '@odf/testing';
import {
  createPublicClient,
  createTestClient,
  createWalletClient,
  getContractAddress,
  http,
  type Abi,
  type ContractFunctionArgs,
  type ContractFunctionName,
  type PublicClient,
  type TestClient,
  type WalletClient,
} from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import { foundry } from 'viem/chains';
import type { Deployment } from '../src/chain/deployment.js';
import { collateralVaultAbi, coprocessorRegistryAbi, coverLinesAbi, feeEscrowAbi } from '../src/contracts/index.js';
import { deployContracts } from './deploy-contracts.js';
import { DevRegistrar, type DevAvs } from '../src/local-chain/dev-registrar.js';
import { startLocalChain, type LocalChain } from '../src/local-chain/local-chain.js';
import type { CoverLineTerms } from '../src/calls/line-calls.js';

const MNEMONIC = 'test test test test test test test test test test test junk';
const deployer = mnemonicToAccount(MNEMONIC);

/** FraudClaims, the fifth contract of the deployer: specs call as it. */
export const claimsAccount = getContractAddress({ from: deployer.address, nonce: 4n }).toLowerCase() as Hex;
export const RELAY_ROOT: Hex = `0x${'5e'.repeat(32)}`;
export const devAvs: DevAvs = {
  avs: `0x${'a4'.repeat(20)}`,
  operatorSetId: 7,
  oracle: `0x${'04'.repeat(20)}`,
  attributor: `0x${'a7'.repeat(20)}`,
};
export const testAvsId = avsId(31_337n, devAvs.avs, devAvs.operatorSetId);

interface Call<A extends Abi, F extends ContractFunctionName<A, 'nonpayable' | 'payable'>> {
  from: Hex;
  to: Hex;
  abi: A;
  functionName: F;
  args: ContractFunctionArgs<A, 'nonpayable' | 'payable', F>;
  value?: bigint;
}

/** A chain of a spec with the contracts that hold funds, behind a hub whose timelock and guardian is account 0. */
export class ChainWorld {
  readonly client: PublicClient;
  readonly node: TestClient;
  readonly #wallet: WalletClient;
  deployment!: Deployment;
  startBlock = 0n;

  private constructor(readonly chain: LocalChain) {
    const transport = http(chain.rpcUrl, { batch: true, retryCount: 0 });
    this.client = createPublicClient({ chain: foundry, transport, cacheTime: 0 });
    this.node = createTestClient({ chain: foundry, transport, mode: 'anvil' });
    this.#wallet = createWalletClient({ chain: foundry, transport });
  }

  static async start(): Promise<ChainWorld> {
    const world = new ChainWorld(await startLocalChain());
    await world.#deploy();
    return world;
  }

  stop(): Promise<void> {
    return this.chain.stop();
  }

  /** Sends a call and gives the block that has it. */
  async send<const A extends Abi, F extends ContractFunctionName<A, 'nonpayable' | 'payable'>>({
    from,
    to,
    ...call
  }: Call<A, F>): Promise<bigint> {
    await this.node.impersonateAccount({ address: from });
    await this.node.setBalance({ address: from, value: 10n ** 24n });
    const hash = await this.#wallet.writeContract({ ...call, address: to, account: from, chain: foundry } as never);
    return this.#mined(hash);
  }

  /** Opens a line per cap for a coprocessor, funded and registered; their ids. */
  async cover(coprocessor: TestCoprocessor, ...caps: bigint[]): Promise<Hex[]> {
    const cover = new DevRegistrar(this.client, this.deployment, this.chain.rpcUrl);
    const { pubkey, owner } = coprocessor;
    const registration = { pubkey, owner, possession: this.possession(coprocessor, owner), relay_root: RELAY_ROOT };
    const ids: Hex[] = [];
    for (const cover_wei of caps) {
      ids.push(...(await cover.register({ ...registration, cover_wei }, [devAvs])));
    }
    return ids;
  }

  /** A coprocessor's proof of possession for an owner. */
  possession({ key, pubkey }: TestCoprocessor, owner: Hex): Hex {
    const context = { chainId: 31_337n, settlement: this.deployment.hub, relayRoot: zeroHex(32) };
    const message = { key: pubkey, owner_root: `0x${owner.slice(2).padStart(64, '0')}` };
    return key.sign(signingRoot(ProofOfPossession, message, context));
  }

  deposit(owner: Hex, amount: bigint): Promise<bigint> {
    const args = [owner, zeroHex(20), amount] as const;
    return this.send({
      from: owner,
      to: this.deployment.vault,
      abi: collateralVaultAbi,
      functionName: 'deposit',
      args,
      value: amount,
    });
  }

  unbond(owner: Hex, amount: bigint): Promise<bigint> {
    return this.#vault(owner, 'requestUnbond', [zeroHex(20), amount]);
  }

  withdraw(owner: Hex): Promise<bigint> {
    return this.#vault(owner, 'withdraw', [zeroHex(20), owner]);
  }

  collect(beneficiary: Hex): Promise<bigint> {
    return this.#vault(beneficiary, 'collect', [zeroHex(20), beneficiary]);
  }

  #vault<const F extends 'requestUnbond' | 'withdraw' | 'collect'>(
    from: Hex,
    functionName: F,
    args: ContractFunctionArgs<typeof collateralVaultAbi, 'nonpayable' | 'payable', F>,
  ): Promise<bigint> {
    const { vault: to } = this.deployment;
    return this.send<typeof collateralVaultAbi, F>({ from, to, abi: collateralVaultAbi, functionName, args });
  }

  open(line: CoverLineTerms): Promise<bigint> {
    const args = [line, '0x', '0x'] as const;
    return this.send({ from: line.owner, to: this.deployment.lines, abi: coverLinesAbi, functionName: 'open', args });
  }

  /** Holds, gives back or draws a part of a line, as FraudClaims does. */
  claim(functionName: 'hold' | 'unhold', lineId: Hex, amount: bigint): Promise<bigint> {
    const args = [lineId, amount] as const;
    return this.send({ from: claimsAccount, to: this.deployment.lines, abi: coverLinesAbi, functionName, args });
  }

  draw(lineId: Hex, amount: bigint, beneficiary: Hex): Promise<bigint> {
    const args = [lineId, amount, beneficiary] as const;
    return this.send({
      from: claimsAccount,
      to: this.deployment.lines,
      abi: coverLinesAbi,
      functionName: 'draw',
      args,
    });
  }

  close(lineId: Hex): Promise<bigint> {
    const args = [lineId] as const;
    return this.send({
      from: deployer.address,
      to: this.deployment.lines,
      abi: coverLinesAbi,
      functionName: 'close',
      args,
    });
  }

  fund(operator: Hex, amount: bigint): Promise<bigint> {
    const args = [operator] as const;
    return this.send({
      from: operator,
      to: this.deployment.escrow,
      abi: feeEscrowAbi,
      functionName: 'deposit',
      args,
      value: amount,
    });
  }

  leave(operator: Hex, amount: bigint): Promise<bigint> {
    const args = [amount] as const;
    return this.send({
      from: operator,
      to: this.deployment.escrow,
      abi: feeEscrowAbi,
      functionName: 'requestWithdrawal',
      args,
    });
  }

  /** Takes out of the escrow what was announced. */
  leaveNow(operator: Hex): Promise<bigint> {
    const args = [operator] as const;
    return this.send({ from: operator, to: this.deployment.escrow, abi: feeEscrowAbi, functionName: 'withdraw', args });
  }

  /** Replaces the newest blocks by empty ones. */
  reorg(depth: number): Promise<unknown> {
    return this.client.request({ method: 'anvil_reorg', params: [depth, []] } as never);
  }

  /** Drops the newest blocks. */
  rollback(depth: number): Promise<unknown> {
    return this.client.request({ method: 'anvil_rollback', params: [depth] } as never);
  }

  revoke({ pubkey, owner }: TestCoprocessor): Promise<bigint> {
    const args = [keyRoot(pubkey)] as const;
    return this.send({
      from: owner,
      to: this.deployment.registry,
      abi: coprocessorRegistryAbi,
      functionName: 'revoke',
      args,
    });
  }

  async #deploy(): Promise<void> {
    const wallet = createWalletClient({ chain: foundry, transport: http(this.chain.rpcUrl) });
    this.deployment = await deployContracts(this.client, wallet, deployer, devAvs);
  }

  async #mined(hash: Hex): Promise<bigint> {
    const { status, blockNumber } = await this.client.waitForTransactionReceipt({ hash, pollingInterval: 10 });
    if (status !== 'success') throw new Error(`${hash} reverted`);
    return blockNumber;
  }
}

/** The coprocessors that specs register. */
export const [first, second] = [testCoprocessor(1), testCoprocessor(2)] as const;
