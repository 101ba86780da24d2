import { daTaskManagerAbi } from '@odf/settlement';
import { type Hex } from '@odf/protocol';
import { DaWorld, type Member } from '../../../settlement/test/da-world.js';
import { signResponse } from '../response/response-signature.js';
import { BlobSource } from './blob-source.js';
import { challengeEvidence } from './challenge-evidence.js';
import { type ChainCursor } from './chain-cursor.js';
import { ChainSink } from './chain-sink.js';
import { resolveTask } from './resolve-task.js';
import { type TaskCreated, type TaskEvent } from './task-event.js';
import { TaskManagerSource } from './task-manager-source.js';

jest.setTimeout(120_000);

let world: DaWorld;
let member: Member;

beforeEach(async () => {
  world = await DaWorld.start();
  member = await world.member();
});
afterEach(() => world.stop());

/** What a relay has taken in, from the source and its cursor alone. */
class Follower {
  cursor: ChainCursor | null = null;
  events: Exclude<TaskEvent, { kind: 'orphaned' }>[] = [];
  readonly orphaned: bigint[] = [];
  readonly #source = new TaskManagerSource({
    client: world.client,
    address: world.manager,
    startBlock: world.startBlock,
    confirmations: 1,
  });

  async catchUp(): Promise<void> {
    for (let behind = 1n; behind > 0n;) {
      const polled = await this.#source.poll(this.cursor);
      for (const event of polled.events) this.#take(event);
      ({ cursor: this.cursor, behind } = polled);
    }
  }

  kinds(): string[] {
    return this.events.map(({ kind }) => kind);
  }

  #take(event: TaskEvent): void {
    if (event.kind !== 'orphaned') return void this.events.push(event);
    this.orphaned.push(event.fromBlock);
    this.events = this.events.filter(({ blockNumber }) => blockNumber < event.fromBlock);
  }
}

const blobs = () => new BlobSource({ url: world.chain.rpcUrl, by: 'block-hash' });
const resolved = (event: TaskCreated) =>
  resolveTask(event, { avsId: world.avs.avs_id, client: world.client, blobs: blobs() });

/** A sink whose transactions are sent at once and counted by their keys. */
function sink(keys: string[] = []): ChainSink {
  const digestOf = (taskId: Hex, result: Uint8Array) => world.digestOf(taskId, result);
  const transactions = () => ({
    send: async (key: string, call: { to: Hex; data: Hex; value: bigint }) => {
      keys.push(key);
      const { transactionHash, blockNumber } = await world.send(world.anybody, call);
      return { transaction: transactionHash, status: 'success' as const, blockNumber };
    },
  });
  return new ChainSink({
    client: world.client,
    transactions,
    taskManager: world.manager,
    avs: world.manager,
    digestOf,
  });
}

async function submission(task_id: Hex, result: Uint8Array) {
  const digest = { scheme: 'secp256k1-eip712', digest: world.digestOf(task_id, result) } as const;
  const signature = await signResponse(digest, member.secret);
  return { task_id, avs_id: world.avs.avs_id, operator: member.operator, result, signature };
}

describe('the task-manager plug-in on a chain', () => {
  it('sees a task with its blob, its response and its slash, each once, also from a stored cursor', async () => {
    const follower = new Follower();
    const taskId = await world.task();
    await follower.catchUp();
    const [created] = follower.events as [TaskCreated];
    expect(created).toMatchObject({ kind: 'created', taskId });
    expect(Buffer.compare((await resolved(created)).input, world.blob)).toBe(0);

    const lie = world.lie(4_097);
    expect(await sink().submit(await submission(taskId, lie.result))).toMatchObject({ status: 'accepted' });
    const restarted = new Follower();
    restarted.cursor = follower.cursor;
    await restarted.catchUp();
    const responseDigest = world.digestOf(taskId, lie.result);
    expect(restarted.events).toMatchObject([{ kind: 'responded', taskId, operator: member.operator, responseDigest }]);

    const evidence = await challengeEvidence(
      world.blob,
      { taskId, operator: member.operator, result: lie.result },
      lie.witness,
    );
    const call = { to: world.manager, data: evidence!.data, value: 0n };
    const { logs } = await world.send(world.anybody, call);
    await restarted.catchUp();
    expect(restarted.events.at(-1)).toMatchObject({ kind: 'slashed', taskId, operator: member.operator, fault: 1 });
    const slash = logs.find(({ address }) => address.toLowerCase() === world.allocation)!;
    expect(restarted.events.at(-1)!.logIndex).toBe(slash.logIndex);
    expect(restarted.kinds()).toEqual(['responded', 'slashed']);
  });

  it('proves nothing against a right response', async () => {
    const about = { taskId: await world.task(), operator: member.operator, result: world.right };
    expect(await challengeEvidence(world.blob, about, world.witness)).toBeNull();
  });

  it('responds once however often it is asked, and says when the chain has another response', async () => {
    const [taskId, keys] = [await world.task(), [] as string[]];
    const right = await submission(taskId, world.right);
    for (let round = 0; round < 2; round++) {
      expect(await sink(keys).submit(right)).toMatchObject({ status: 'accepted' });
    }
    expect(keys).toEqual([`respond:${taskId}:${member.operator}`]);
    const wrong = await submission(taskId, world.lie(1).result);
    expect(await sink().submit(wrong)).toMatchObject({
      status: 'rejected',
      reason: expect.stringContaining('another'),
    });
  });

  it('forgets what a reorganisation drops, and takes in what stands instead', async () => {
    const follower = new Follower();
    const kept = await world.task();
    await world.node.mine({ blocks: 2 });
    await follower.catchUp();
    await world.respond(kept, member, world.right);
    const dropped = await world.task();
    await follower.catchUp();
    expect(follower.kinds()).toEqual(['created', 'responded', 'created']);
    await world.client.request({ method: 'anvil_reorg', params: [2, []] } as never);
    await world.node.mine({ blocks: 1 });
    await follower.catchUp();
    expect(follower.orphaned).toHaveLength(1);
    expect(follower.events.map(({ taskId }) => taskId)).toEqual([kept]);
    await world.respond(kept, member, world.right);
    await follower.catchUp();
    expect(follower.kinds()).toEqual(['created', 'responded']);
    const gone = await world.client.readContract({
      abi: daTaskManagerAbi,
      address: world.manager,
      functionName: 'taskOf',
      args: [dropped],
    });
    expect(gone.deadline).toBe(0n);
  });
});
