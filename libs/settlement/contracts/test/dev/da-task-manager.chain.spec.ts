import { taskId as taskIdOf, toHex, type Hex } from '@odf/protocol';
import { daTaskManagerAbi, mockAllocationManagerAbi, mockDelegationManagerAbi } from '@odf/settlement';
import { BaseError, ContractFunctionRevertedError, keccak256, parseEventLogs, toBytes } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import {
  BEACON,
  CHALLENGE_S,
  DaWorld,
  OPERATOR_SET,
  RESPONSE_S,
  STAKE,
  WAD,
  type Lie,
} from '../../../test/da-world.js';

jest.setTimeout(120_000);

const ETHER = 10n ** 18n;
let world: DaWorld;

beforeAll(async () => {
  world = await DaWorld.start();
});
afterAll(() => world.stop());

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

const onManager = () => ({ abi: daTaskManagerAbi, address: world.manager }) as const;
const accepted = (taskId: Hex, operator: Hex) =>
  world.client.readContract({
    ...onManager(),
    functionName: 'acceptedResponse',
    args: [world.manager, taskId, operator],
  });
const attribution = (taskId: Hex, operator: Hex) =>
  world.client.readContract({ ...onManager(), functionName: 'responseOf', args: [world.manager, taskId, operator] });

async function later(seconds: bigint): Promise<void> {
  await world.node.increaseTime({ seconds: Number(seconds) });
  await world.node.mine({ blocks: 1 });
}

const challenge = (taskId: Hex, operator: Hex, lie: Lie) =>
  world.ask('challengeLeaf', world.opening(taskId, operator, lie));

describe('DaTaskManager', () => {
  it('names tasks as the protocol does, each with its blob', async () => {
    const taskId = await world.task();
    const { blobHash, deadline } = await world.client.readContract({
      ...onManager(),
      functionName: 'taskOf',
      args: [taskId],
    });
    const count = await world.client.readContract({ ...onManager(), functionName: 'taskCount' });
    const eventName = 'TaskCreated';
    const [log] = await world.client.getContractEvents({ ...onManager(), eventName, args: { taskId }, fromBlock: 0n });
    expect(taskId).toBe(taskIdOf(world.avs.avs_id, log!.args.nativeRef!));
    expect(log!.args).toMatchObject({ index: count - 1n, blobHash, deadline });
    expect(blobHash.slice(0, 4)).toBe('0x01');
  });

  it('asks for a blob and for a deadline that it allows', async () => {
    const { timestamp } = await world.client.getBlock();
    expect(await refusal(world.ask('createTask', [timestamp + 60n]))).toBe('NoBlob');
    await expect(world.task(RESPONSE_S + 60n)).rejects.toThrow();
  });

  it('accepts a right response for good after the challenge window, which no opening of it reaches', async () => {
    const [taskId, one, { right, witness }] = [await world.task(), await world.member(), world];
    const { logs } = await world.respond(taskId, one, right);
    const [said] = parseEventLogs({ abi: daTaskManagerAbi, eventName: 'TaskResponded', logs });
    expect(said!.args.responseDigest).toBe(world.digestOf(taskId, right));
    expect(await accepted(taskId, one.operator)).toEqual([world.digestOf(taskId, right), false]);
    for (const index of [0, 4_095, 4_096, 8_191]) {
      expect(await refusal(challenge(taskId, one.operator, { result: right, witness, index }))).toBe('NotWrong');
    }
    expect(await refusal(world.ask('challengeCommitment', [taskId, one.operator, toHex(right)]))).toBe('NotWrong');
    await later(CHALLENGE_S + 1n);
    expect(await accepted(taskId, one.operator)).toEqual([world.digestOf(taskId, right), true]);
  });

  it('slashes a wrong root once, by one opened element, with EigenLayer’s events', async () => {
    const [taskId, one, lie] = [await world.task(), await world.member(), world.lie(5_000)];
    await world.respond(taskId, one, lie.result);
    const { logs } = await challenge(taskId, one.operator, lie);
    const [shares] = parseEventLogs({ abi: mockDelegationManagerAbi, eventName: 'OperatorSharesSlashed', logs });
    const [slash] = parseEventLogs({ abi: mockAllocationManagerAbi, eventName: 'OperatorSlashed', logs });
    expect([shares!.address, shares!.args.totalSlashedShares]).toEqual([world.delegation, STAKE / 4n]);
    expect(slash!.args).toMatchObject({ wadSlashed: [WAD], description: `odf/1 task ${taskId}` });
    expect(shares!.logIndex).toBeLessThan(slash!.logIndex);
    expect(await accepted(taskId, one.operator)).toEqual([`0x${'00'.repeat(32)}`, false]);
    expect(await attribution(taskId, one.operator)).toEqual({
      responseDigest: world.digestOf(taskId, lie.result),
      fault: 1,
      slashBlock: slash!.blockNumber,
      descriptionHash: keccak256(toBytes(`odf/1 task ${taskId}`)),
    });
    expect(await refusal(challenge(taskId, one.operator, lie))).toBe('AlreadySlashed');
  });

  it('slashes a commitment of another blob', async () => {
    const [taskId, one] = [await world.task(), await world.member()];
    const result = Buffer.concat([world.commitmentOf(new Uint8Array(131_072)), world.right.subarray(48)]);
    await world.respond(taskId, one, result);
    await world.ask('challengeCommitment', [taskId, one.operator, toHex(result)]);
    expect((await attribution(taskId, one.operator)).fault).toBe(1);
  });

  it('takes no challenge with another element, branch, value or proof, nor a late one', async () => {
    const [taskId, one, lie] = [await world.task(), await world.member(), world.lie(5_000)];
    await world.respond(taskId, one, lie.result);
    const good = world.opening(taskId, one.operator, lie);
    const other = world.opening(taskId, one.operator, { ...lie, index: lie.index + 1 });
    const mixed = (at: number) =>
      world.ask(
        'challengeLeaf',
        good.map((value, place) => (place === at ? other[at] : value)),
      );
    for (const at of [3, 4, 5]) expect(await refusal(mixed(at))).toBe('NotUnderRoot');
    for (const at of [6, 7]) expect(await refusal(mixed(at))).toBe('NotOfCommitment');
    expect(await refusal(challenge(taskId, one.operator, { ...lie, result: world.right }))).toBe('NoSuchResponse');
    await later(CHALLENGE_S + 1n);
    expect(await refusal(world.ask('challengeLeaf', good))).toBe('TooLate');
  });

  it('takes one response in time of a member, by its own signature, from anybody', async () => {
    const [taskId, one, { right }] = [await world.task(), await world.member(), world];
    const secret = generatePrivateKey();
    expect(await refusal(world.respond(taskId, { ...one, secret }, right))).toBe('BadSignature');
    const outsider = { secret, operator: privateKeyToAccount(secret).address.toLowerCase() as Hex };
    expect(await refusal(world.respond(taskId, outsider, right))).toBe('NotMember');
    expect(await refusal(world.respond(keccak256('0x01'), one, right))).toBe('UnknownTask');
    await world.respond(taskId, one, right);
    expect(await refusal(world.respond(taskId, one, right))).toBe('AlreadyResponded');
    const late = await world.member();
    await later(RESPONSE_S + 1n);
    expect(await refusal(world.respond(taskId, late, right))).toBe('TooLate');
  });
});

describe('MockAllocationManager', () => {
  const onAllocation = () => ({ abi: mockAllocationManagerAbi, address: world.allocation }) as const;

  it('tells slashable stake, and slashes only by the slasher of a set', async () => {
    const [taskId, one, lie] = [await world.task(), await world.member(), world.lie(0)];
    const stakeOf = async (operator: Hex) => {
      const args = [{ avs: world.manager, id: OPERATOR_SET }, [operator], [BEACON], 0] as const;
      const stakes = await world.client.readContract({
        ...onAllocation(),
        functionName: 'getMinimumSlashableStake',
        args,
      });
      return stakes[0]![0];
    };
    expect(await stakeOf(one.operator)).toBe(STAKE);
    const set = { operator: one.operator, operatorSetId: OPERATOR_SET, description: '' };
    const args = [world.manager, { ...set, strategies: [BEACON], wadsToSlash: [WAD] }];
    expect(await refusal(world.call(mockAllocationManagerAbi, world.allocation, 'slashOperator', args))).toBe(
      'NotSlasher',
    );
    await world.respond(taskId, one, lie.result);
    await challenge(taskId, one.operator, lie);
    expect(await stakeOf(one.operator)).toBe((STAKE * 3n) / 4n);
    const magnitude = { functionName: 'getMaxMagnitude', args: [one.operator, BEACON] } as const;
    expect(await world.client.readContract({ ...onAllocation(), ...magnitude })).toBe((ETHER * 3n) / 4n);
  });

  it('allocates no more than there is', async () => {
    const { operator, account } = await world.member();
    const more = [{ operatorSet: { avs: world.allocation, id: 1 }, strategies: [BEACON], newMagnitudes: [1n] }];
    const call = world.call(mockAllocationManagerAbi, world.allocation, 'modifyAllocations', [operator, more], account);
    expect(await refusal(call)).toBe('OverAllocated');
  });
});
