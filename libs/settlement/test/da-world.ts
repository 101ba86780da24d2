import { DasContextJs } from '@crate-crypto/node-eth-kzg';
import {
  fieldElementsRoot,
  kzgFieldElements,
  merkleBranch,
  packBlobs,
  responseDigest,
  signResponse,
  workloadOf,
} from '@odf/avs';
import { avsId, toHex, type Hex } from '@odf/protocol';
import {
  createPublicClient,
  createTestClient,
  createWalletClient,
  encodeFunctionData,
  http,
  parseEventLogs,
  parseGwei,
  toBytes,
  type Abi,
  type Account,
  type PublicClient,
  type TestClient,
  type TransactionReceipt,
} from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { foundry } from 'viem/chains';
import type { ChainCall } from '../src/claim-desk.js';
import {
  daTaskManagerAbi,
  daTaskManagerBytecode,
  mockAllocationManagerAbi,
  mockAllocationManagerBytecode,
  mockDelegationManagerAbi,
} from '../src/contracts/index.js';
import { devAccount } from '../src/local-chain/dev-account.js';
import { startLocalChain, type LocalChain } from '../src/local-chain/local-chain.js';

const ETHER = 10n ** 18n;

/** EigenLayer's name for staked ETH of the beacon chain. */
export const BEACON: Hex = '0xbeac0eeeeeeeeeeeeeeeeeeeeeeeeeeeeeebeac0';
export const OPERATOR_SET = 3;
export const RESPONSE_S = 600n;
export const CHALLENGE_S = 300n;
/** What each member has at stake, wei. */
export const STAKE = 32n * ETHER;
/** The part of what is allocated that a slash takes: a quarter. */
export const WAD = ETHER / 4n;

/** An operator of the AVS. */
export interface Member {
  secret: Hex;
  account: Account;
  operator: Hex;
}

/** A delivery whose element `index` is another one than the blob's. */
export interface Lie {
  result: Uint8Array;
  witness: Uint8Array;
  index: number;
}

/** A chain of a spec with the data-availability AVS, whose tasks all have the same blob of real bytes. */
export class DaWorld {
  readonly #kzg = DasContextJs.create({ usePrecomp: false });
  readonly blob = packBlobs(Buffer.from('what operators are asked about'))[0]!;
  readonly anybody: Account = devAccount(7);
  allocation!: Hex;
  delegation!: Hex;
  manager!: Hex;
  /** Block of the AVS's creation. */
  startBlock!: bigint;
  right!: Uint8Array;
  witness!: Uint8Array;

  private constructor(
    readonly chain: LocalChain,
    readonly client: PublicClient,
    readonly node: TestClient,
  ) {}

  static async start(): Promise<DaWorld> {
    const chain = await startLocalChain();
    const transport = http(chain.rpcUrl);
    const client = createPublicClient({ chain: foundry, transport, cacheTime: 0 });
    const world = new DaWorld(chain, client, createTestClient({ chain: foundry, transport, mode: 'anvil' }));
    await world.#deploy();
    return world;
  }

  stop(): Promise<void> {
    return this.chain.stop();
  }

  get avs(): { avs_id: Hex; chain_id: bigint; avs: Hex } {
    return { avs_id: avsId(31_337n, this.manager, OPERATOR_SET), chain_id: 31_337n, avs: this.manager };
  }

  /** Sends a call after asking the node, so that a refusal throws its error. */
  async send(account: Account, call: ChainCall): Promise<TransactionReceipt> {
    await this.client.call({ ...call, account });
    return this.mined(await this.#wallet(account).sendTransaction({ ...call, account, chain: foundry }));
  }

  /** Calls a function of a contract, whose errors it names. */
  async call(abi: Abi, address: Hex, functionName: string, args: readonly unknown[], account: Account = this.anybody) {
    await this.client.simulateContract({ abi, address, functionName, args, account });
    return this.send(account, { to: address, data: encodeFunctionData({ abi, functionName, args }), value: 0n });
  }

  /** Calls the task manager. */
  ask(functionName: string, args: readonly unknown[]): Promise<TransactionReceipt> {
    return this.call(daTaskManagerAbi, this.manager, functionName, args);
  }

  /** A transaction that took effect. */
  async mined(hash: Hex): Promise<TransactionReceipt> {
    const receipt = await this.client.waitForTransactionReceipt({ hash, pollingInterval: 10 });
    if (receipt.status !== 'success') throw new Error(`${hash} reverted`);
    return receipt;
  }

  async create(abi: Abi, bytecode: Hex, args: readonly unknown[]): Promise<Hex> {
    const hash = await this.#wallet(this.anybody).deployContract({ abi, bytecode, args });
    return (await this.mined(hash)).contractAddress!.toLowerCase() as Hex;
  }

  /** An operator of the set with {@link STAKE} of its own, all of it allocated. */
  async member(): Promise<Member> {
    const secret = generatePrivateKey();
    const account = privateKeyToAccount(secret);
    const operator = account.address.toLowerCase() as Hex;
    await this.node.setBalance({ address: operator, value: ETHER });
    const operatorSet = { avs: this.manager, id: OPERATOR_SET };
    await this.call(mockDelegationManagerAbi, this.delegation, 'stake', [BEACON, STAKE], account);
    const joined = [operator, { avs: this.manager, operatorSetIds: [OPERATOR_SET], data: '0x' }];
    await this.call(mockAllocationManagerAbi, this.allocation, 'registerForOperatorSets', joined, account);
    const allocated = [operator, [{ operatorSet, strategies: [BEACON], newMagnitudes: [ETHER] }]];
    await this.call(mockAllocationManagerAbi, this.allocation, 'modifyAllocations', allocated, account);
    return { secret, account, operator };
  }

  /** Makes the blob a task. */
  async task(seconds = RESPONSE_S): Promise<Hex> {
    const { timestamp } = await this.client.getBlock();
    const args = [timestamp + seconds] as const;
    const hash = await this.#wallet(this.anybody).sendTransaction({
      to: this.manager,
      data: encodeFunctionData({ abi: daTaskManagerAbi, functionName: 'createTask', args }),
      blobs: [this.blob],
      kzg: {
        blobToKzgCommitment: (blob: Uint8Array) => this.#kzg.blobToKzgCommitment(blob),
        computeBlobKzgProof: (blob: Uint8Array, commitment: Uint8Array) =>
          this.#kzg.computeBlobKzgProof(blob, commitment),
      } as never,
      maxFeePerBlobGas: parseGwei('30'),
    });
    const { logs } = await this.mined(hash);
    return parseEventLogs({ abi: daTaskManagerAbi, eventName: 'TaskCreated', logs })[0]!.args.taskId;
  }

  digestOf(taskId: Hex, result: Uint8Array): Hex {
    return responseDigest({ ...this.avs, task_id: taskId }, result, 'secp256k1-eip712').digest;
  }

  async respond(taskId: Hex, { secret, operator }: Pick<Member, 'secret' | 'operator'>, result: Uint8Array) {
    const signed = { scheme: 'secp256k1-eip712', digest: this.digestOf(taskId, result) } as const;
    return this.ask('respond', [taskId, operator, toHex(result), await signResponse(signed, secret)]);
  }

  lie(index: number): Lie {
    const witness = Uint8Array.from(this.witness);
    witness[index * 32 + 31]! ^= 1;
    const root = fieldElementsRoot(kzgFieldElements(witness));
    return { result: Buffer.concat([this.right.subarray(0, 48), root]), witness, index };
  }

  /** Arguments of challengeLeaf that open element `index` of a witness. */
  opening(taskId: Hex, operator: Hex, { result, witness, index }: Lie): readonly unknown[] {
    const { leaf, branch } = merkleBranch(witness, index);
    const [proof, y] = this.#kzg.computeKzgProof(this.blob, pointOf(index));
    return [taskId, operator, toHex(result), BigInt(index), leaf, branch, toHex(y!), toHex(proof!)];
  }

  commitmentOf(blob: Uint8Array): Uint8Array {
    return this.#kzg.blobToKzgCommitment(blob);
  }

  #wallet(account: Account) {
    return createWalletClient({ chain: foundry, transport: http(this.chain.rpcUrl), account });
  }

  async #deploy(): Promise<void> {
    const computed = await workloadOf('kzg-da').compute(this.blob, new AbortController().signal);
    ({ result: this.right, witness: this.witness } = computed);
    this.allocation = await this.create(mockAllocationManagerAbi, mockAllocationManagerBytecode, []);
    const at = { abi: mockAllocationManagerAbi, address: this.allocation } as const;
    const delegation = await this.client.readContract({ ...at, functionName: 'delegation' });
    this.delegation = delegation.toLowerCase() as Hex;
    const args = [this.allocation, OPERATOR_SET, BEACON, RESPONSE_S, CHALLENGE_S, WAD];
    this.manager = await this.create(daTaskManagerAbi, daTaskManagerBytecode, args);
    this.startBlock = await this.client.getBlockNumber();
  }
}

/** The point of an element, computed apart from what ships: 7^((r − 1) / 8192) to the reversed bits. */
function pointOf(index: number): Uint8Array {
  const modulus = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n;
  const power = (base: bigint, exponent: bigint): bigint =>
    exponent === 0n ? 1n : (power((base * base) % modulus, exponent >> 1n) * (exponent & 1n ? base : 1n)) % modulus;
  const reversed = Number.parseInt(index.toString(2).padStart(13, '0').split('').reverse().join(''), 2);
  return toBytes(power(power(7n, (modulus - 1n) / 8_192n), BigInt(reversed)), { size: 32 });
}
