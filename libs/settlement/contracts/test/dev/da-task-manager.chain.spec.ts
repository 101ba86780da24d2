import { DasContextJs } from '@crate-crypto/node-eth-kzg';
import { merkleBranch, responseDigest, signResponse, workloadOf } from '@odf/avs';
import { avsId, taskId as taskIdOf, toHex, type Hex } from '@odf/protocol';
import {
  daTaskManagerAbi,
  daTaskManagerBytecode,
  devAccount,
  mockAllocationManagerAbi,
  mockAllocationManagerBytecode,
  mockDelegationManagerAbi,
  startLocalChain,
  type LocalChain,
} from '@odf/settlement';
import {
  BaseError,
  ContractFunctionRevertedError,
  createTestClient,
  createWalletClient,
  encodeFunctionData,
  http,
  keccak256,
  parseEventLogs,
  parseGwei,
  publicActions,
  toBytes,
  type Abi,
  type TransactionReceipt,
} from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { foundry } from 'viem/chains';

jest.setTimeout(120_000);

const BEACON: Hex = '0xbeac0eeeeeeeeeeeeeeeeeeeeeeeeeeeeeebeac0';
const ETHER = 10n ** 18n;
const RESPONSE_S = 600n;
const CHALLENGE_S = 300n;
/** A quarter of what is allocated. */
const WAD = ETHER / 4n;
const OPERATOR_SET = 3;

const kzg = DasContextJs.create({ usePrecomp: false });
/** One blob of real bytes, 31 to a field element. */
const blob = new Uint8Array(131_072);
for (let element = 0; element < 4_096; element++)
  blob.set(toBytes(keccak256(toHex(Buffer.from([element >> 8, element])))).subarray(1), element * 32 + 1);

let chain: LocalChain;
let client: ReturnType<typeof clientOf>;
let manager: Hex;
let allocation: Hex;
let delegation: Hex;
let right: Uint8Array;
let witness: Uint8Array;
const sender = devAccount(0);

const clientOf = (rpcUrl: string) =>
  createTestClient({ chain: foundry, mode: 'anvil', transport: http(rpcUrl), cacheTime: 0 }).extend(publicActions);
const walletOf = (account = sender) => createWalletClient({ chain: foundry, transport: http(chain.rpcUrl), account });

beforeAll(async () => {
  chain = await startLocalChain();
  client = clientOf(chain.rpcUrl);
  const computed = await workloadOf('kzg-da').compute(blob, new AbortController().signal);
  ({ result: right, witness } = computed);
  allocation = await created(mockAllocationManagerAbi, mockAllocationManagerBytecode, []);
  delegation = (
    await client.readContract({ abi: mockAllocationManagerAbi, address: allocation, functionName: 'delegation' })
  ).toLowerCase() as Hex;
  const args = [allocation, OPERATOR_SET, BEACON, RESPONSE_S, CHALLENGE_S, WAD];
  manager = await created(daTaskManagerAbi, daTaskManagerBytecode, args);
});
afterAll(() => chain.stop());

async function created(abi: Abi, bytecode: Hex, args: readonly unknown[]): Promise<Hex> {
  const hash = await walletOf().deployContract({ abi, bytecode, args });
  const { contractAddress } = await client.waitForTransactionReceipt({ hash, pollingInterval: 10 });
  return contractAddress!.toLowerCase() as Hex;
}

/** Sends a call after asking the node, so that a refusal throws its error. */
async function send(
  abi: Abi,
  address: Hex,
  functionName: string,
  args: readonly unknown[],
  account = sender,
): Promise<TransactionReceipt> {
  await client.simulateContract({ abi, address, functionName, args, account } as never);
  const hash = await walletOf(account).sendTransaction({
    to: address,
    data: encodeFunctionData({ abi, functionName, args }),
  });
  return client.waitForTransactionReceipt({ hash, pollingInterval: 10 });
}

const call = (functionName: string, args: readonly unknown[]) => send(daTaskManagerAbi, manager, functionName, args);

/** The name of the error by which a call is refused. */
async function refusal(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof BaseError)) throw new Error('it was not refused', { cause: error });
  const reverted = error.walk((cause) => cause instanceof ContractFunctionRevertedError);
  return (reverted as ContractFunctionRevertedError).data!.errorName;
}

/** A member with 32 ETH of its own, all of it allocated. */
async function member() {
  const secret = generatePrivateKey();
  const account = privateKeyToAccount(secret);
  await client.setBalance({ address: account.address, value: ETHER });
  const operatorSet = { avs: manager, id: OPERATOR_SET };
  await send(mockDelegationManagerAbi, delegation, 'stake', [BEACON, 32n * ETHER], account);
  const joined = [account.address, { avs: manager, operatorSetIds: [OPERATOR_SET], data: '0x' }];
  await send(mockAllocationManagerAbi, allocation, 'registerForOperatorSets', joined, account);
  const allocated = [{ operatorSet, strategies: [BEACON], newMagnitudes: [ETHER] }];
  await send(mockAllocationManagerAbi, allocation, 'modifyAllocations', [account.address, allocated], account);
  return { secret, operator: account.address.toLowerCase() as Hex };
}

async function task(seconds = RESPONSE_S): Promise<Hex> {
  const { timestamp } = await client.getBlock();
  const data = encodeFunctionData({ abi: daTaskManagerAbi, functionName: 'createTask', args: [timestamp + seconds] });
  const hash = await walletOf().sendTransaction({
    to: manager,
    data,
    blobs: [blob],
    kzg: {
      blobToKzgCommitment: (given: Uint8Array) => kzg.blobToKzgCommitment(given),
      computeBlobKzgProof: (given: Uint8Array, commitment: Uint8Array) => kzg.computeBlobKzgProof(given, commitment),
    } as never,
    maxFeePerBlobGas: parseGwei('30'),
  });
  const { logs } = await client.waitForTransactionReceipt({ hash, pollingInterval: 10 });
  const [created] = parseEventLogs({ abi: daTaskManagerAbi, eventName: 'TaskCreated', logs });
  return created!.args.taskId;
}

const digestOf = (taskId: Hex, result: Uint8Array) =>
  responseDigest(
    { avs_id: avsId(31_337n, manager, OPERATOR_SET), task_id: taskId, chain_id: 31_337n, avs: manager },
    result,
    'secp256k1-eip712',
  );

async function respond(taskId: Hex, { secret, operator }: Awaited<ReturnType<typeof member>>, result: Uint8Array) {
  return call('respond', [taskId, operator, toHex(result), await signResponse(digestOf(taskId, result), secret)]);
}

/** A witness whose element 5,000 is another one, and the result over it. */
function lie(): { result: Uint8Array; witness: Uint8Array; index: number } {
  const index = 5_000;
  const forged = Uint8Array.from(witness);
  forged[index * 32 + 31]! ^= 1;
  const { leaf, branch } = merkleBranch(forged, index);
  const root = branch.reduce(
    (node, sibling, depth) =>
      keccak256((index >> depth) & 1 ? (`${sibling}${node.slice(2)}` as Hex) : (`${node}${sibling.slice(2)}` as Hex)),
    leaf,
  );
  return { result: Buffer.concat([right.subarray(0, 48), toBytes(root)]), witness: forged, index };
}

/** The point of an element, told by the contract's own arithmetic in another language: 7^((r − 1) / 8192) to the reversed bits. */
function pointOf(index: number): Uint8Array {
  const modulus = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n;
  const power = (base: bigint, exponent: bigint): bigint =>
    exponent === 0n ? 1n : (power((base * base) % modulus, exponent >> 1n) * (exponent & 1n ? base : 1n)) % modulus;
  const reversed = Number.parseInt(index.toString(2).padStart(13, '0').split('').reverse().join(''), 2);
  return toBytes(power(power(7n, (modulus - 1n) / 8_192n), BigInt(reversed)), { size: 32 });
}

/** Arguments of challengeLeaf. */
function challenge(taskId: Hex, operator: Hex, result: Uint8Array, over: Uint8Array, index: number) {
  const { leaf, branch } = merkleBranch(over, index);
  const [proof, y] = kzg.computeKzgProof(blob, pointOf(index)) as [Uint8Array, Uint8Array];
  return [taskId, operator, toHex(result), BigInt(index), leaf, branch, toHex(y), toHex(proof)] as const;
}

const accepted = async (taskId: Hex, operator: Hex) =>
  client.readContract({
    abi: daTaskManagerAbi,
    address: manager,
    functionName: 'acceptedResponse',
    args: [manager, taskId, operator],
  });
const attribution = async (taskId: Hex, operator: Hex) =>
  client.readContract({
    abi: daTaskManagerAbi,
    address: manager,
    functionName: 'responseOf',
    args: [manager, taskId, operator],
  });

describe('DaTaskManager', () => {
  it('names tasks as the protocol does, each with its blob', async () => {
    const taskId = await task();
    const { blobHash, deadline } = await client.readContract({
      abi: daTaskManagerAbi,
      address: manager,
      functionName: 'taskOf',
      args: [taskId],
    });
    const count = await client.readContract({ abi: daTaskManagerAbi, address: manager, functionName: 'taskCount' });
    const [log] = await client.getContractEvents({
      abi: daTaskManagerAbi,
      address: manager,
      eventName: 'TaskCreated',
      args: { taskId },
      fromBlock: 0n,
    });
    expect(taskId).toBe(taskIdOf(avsId(31_337n, manager, OPERATOR_SET), log!.args.nativeRef!));
    expect(log!.args).toMatchObject({ index: count - 1n, blobHash, deadline });
    expect(blobHash.slice(0, 4)).toBe('0x01');
  });

  it('asks for a blob and for a deadline that it allows', async () => {
    const { timestamp } = await client.getBlock();
    expect(await refusal(call('createTask', [timestamp + 60n]))).toBe('NoBlob');
    await expect(task(RESPONSE_S + 60n)).rejects.toThrow();
  });

  it('accepts a right response for good after the challenge window, which no opening of it reaches', async () => {
    const [taskId, one] = [await task(), await member()];
    const { logs } = await respond(taskId, one, right);
    const [said] = parseEventLogs({ abi: daTaskManagerAbi, eventName: 'TaskResponded', logs });
    expect(said!.args.responseDigest).toBe(digestOf(taskId, right).digest);
    expect(await accepted(taskId, one.operator)).toEqual([digestOf(taskId, right).digest, false]);
    for (const index of [0, 4_095, 4_096, 8_191]) {
      expect(await refusal(call('challengeLeaf', challenge(taskId, one.operator, right, witness, index)))).toBe(
        'NotWrong',
      );
    }
    expect(await refusal(call('challengeCommitment', [taskId, one.operator, toHex(right)]))).toBe('NotWrong');
    await client.increaseTime({ seconds: Number(CHALLENGE_S) + 1 });
    await client.mine({ blocks: 1 });
    expect(await accepted(taskId, one.operator)).toEqual([digestOf(taskId, right).digest, true]);
  });

  it('slashes a wrong root once, by one opened element, with EigenLayer’s events', async () => {
    const [taskId, one, { result, witness: over, index }] = [await task(), await member(), lie()];
    await respond(taskId, one, result);
    const { logs } = await call('challengeLeaf', challenge(taskId, one.operator, result, over, index));
    const [shares] = parseEventLogs({ abi: mockDelegationManagerAbi, eventName: 'OperatorSharesSlashed', logs });
    const [slash] = parseEventLogs({ abi: mockAllocationManagerAbi, eventName: 'OperatorSlashed', logs });
    expect([shares!.address, shares!.args.totalSlashedShares]).toEqual([delegation, 8n * ETHER]);
    expect(slash!.args).toMatchObject({ wadSlashed: [WAD], description: `odf/1 task ${taskId}` });
    expect(shares!.logIndex).toBeLessThan(slash!.logIndex);
    expect(await accepted(taskId, one.operator)).toEqual([`0x${'00'.repeat(32)}`, false]);
    expect(await attribution(taskId, one.operator)).toEqual({
      responseDigest: digestOf(taskId, result).digest,
      fault: 1,
      slashBlock: slash!.blockNumber,
      descriptionHash: keccak256(toBytes(`odf/1 task ${taskId}`)),
    });
    expect(await refusal(call('challengeLeaf', challenge(taskId, one.operator, result, over, index)))).toBe(
      'AlreadySlashed',
    );
  });

  it('slashes a commitment of another blob', async () => {
    const [taskId, one] = [await task(), await member()];
    const result = Buffer.concat([kzg.blobToKzgCommitment(new Uint8Array(131_072)), right.subarray(48)]);
    await respond(taskId, one, result);
    await call('challengeCommitment', [taskId, one.operator, toHex(result)]);
    expect((await attribution(taskId, one.operator)).fault).toBe(1);
  });

  it('takes no challenge with another element, branch, value or proof, nor a late one', async () => {
    const [taskId, one, { result, witness: over, index }] = [await task(), await member(), lie()];
    await respond(taskId, one, result);
    const good = challenge(taskId, one.operator, result, over, index);
    const other = challenge(taskId, one.operator, result, over, index + 1);
    const mixed = (at: number) =>
      call(
        'challengeLeaf',
        good.map((value, place) => (place === at ? other[at] : value)),
      );
    expect(await refusal(mixed(3))).toBe('NotUnderRoot');
    expect(await refusal(mixed(4))).toBe('NotUnderRoot');
    expect(await refusal(mixed(5))).toBe('NotUnderRoot');
    expect(await refusal(mixed(6))).toBe('NotOfCommitment');
    expect(await refusal(mixed(7))).toBe('NotOfCommitment');
    expect(await refusal(call('challengeLeaf', challenge(taskId, one.operator, right, over, index)))).toBe(
      'NoSuchResponse',
    );
    await client.increaseTime({ seconds: Number(CHALLENGE_S) + 1 });
    await client.mine({ blocks: 1 });
    expect(await refusal(call('challengeLeaf', good))).toBe('TooLate');
  });

  it('takes one response in time of a member, by its own signature, from anybody', async () => {
    const [taskId, one] = [await task(), await member()];
    const stranger = { ...one, secret: generatePrivateKey() };
    expect(await refusal(respond(taskId, stranger, right))).toBe('BadSignature');
    const secret = generatePrivateKey();
    const outsider = { secret, operator: privateKeyToAccount(secret).address.toLowerCase() as Hex };
    expect(await refusal(respond(taskId, outsider, right))).toBe('NotMember');
    expect(await refusal(respond(keccak256('0x01'), one, right))).toBe('UnknownTask');
    await respond(taskId, one, right);
    expect(await refusal(respond(taskId, one, right))).toBe('AlreadyResponded');
    const late = await member();
    await client.increaseTime({ seconds: Number(RESPONSE_S) + 1 });
    await client.mine({ blocks: 1 });
    expect(await refusal(respond(taskId, late, right))).toBe('TooLate');
  });
});

describe('MockAllocationManager', () => {
  it('tells slashable stake, and slashes only by the slasher of a set and only its members', async () => {
    const one = await member();
    const operatorSet = { avs: manager, id: OPERATOR_SET };
    const read = { abi: mockAllocationManagerAbi, address: allocation } as const;
    const stakeOf = async (operator: Hex) => {
      const args = [operatorSet, [operator], [BEACON], 0] as const;
      return (await client.readContract({ ...read, functionName: 'getMinimumSlashableStake', args }))[0]![0];
    };
    expect(await stakeOf(one.operator)).toBe(32n * ETHER);
    const params = {
      operator: one.operator,
      operatorSetId: OPERATOR_SET,
      strategies: [BEACON],
      wadsToSlash: [WAD],
      description: '',
    };
    expect(await refusal(send(mockAllocationManagerAbi, allocation, 'slashOperator', [manager, params]))).toBe(
      'NotSlasher',
    );
    const { result, witness: over, index } = lie();
    const taskId = await task();
    await respond(taskId, one, result);
    await call('challengeLeaf', challenge(taskId, one.operator, result, over, index));
    expect(await stakeOf(one.operator)).toBe(24n * ETHER);
    expect(await client.readContract({ ...read, functionName: 'getMaxMagnitude', args: [one.operator, BEACON] })).toBe(
      (ETHER * 3n) / 4n,
    );
  });

  it('allocates no more than there is', async () => {
    const one = await member();
    const more = [{ operatorSet: { avs: allocation, id: 1 }, strategies: [BEACON], newMagnitudes: [1n] }];
    const account = privateKeyToAccount(one.secret);
    expect(
      await refusal(send(mockAllocationManagerAbi, allocation, 'modifyAllocations', [one.operator, more], account)),
    ).toBe('OverAllocated');
  });
});
