import { taskId, type Hex } from '@odf/protocol';
import type { PublicClient } from 'viem';
import { nativeRefOf, resolveTask, TaskContradictionError } from './resolve-task.js';
import { type TaskCreated } from './task-event.js';

const bytes32 = (value: string): Hex => `0x${value.repeat(32)}`;
const avsId = bytes32('0a');
const nativeRef = nativeRefOf(4n, bytes32('01'), 100n);
const created: TaskCreated = {
  ...{ kind: 'created', taskId: taskId(avsId, nativeRef), nativeRef, index: 4n, blobHash: bytes32('01') },
  ...{ createdAtMs: 60_000, deadlineMs: 100_000n },
  ...{ blockNumber: 7n, transaction: bytes32('02'), logIndex: 0, atMs: 60_000 },
};
const input = Uint8Array.of(1, 2, 3);
const blob = jest.fn(async () => input);
const client = { getBlock: async () => ({ hash: bytes32('0b') }) } as unknown as PublicClient;
const resolve = (event: TaskCreated) => resolveTask(event, { avsId, client, blobs: { blob } });

describe('resolveTask', () => {
  it('completes a task with the blob of its block', async () => {
    expect(await resolve(created)).toEqual({
      native_ref: nativeRef,
      input,
      deadline_ms: 100_000n,
      created_at_ms: 60_000,
    });
    expect(blob).toHaveBeenCalledWith(created.blobHash, { hash: bytes32('0b'), atMs: 60_000 });
  });

  it.each<[string, Partial<TaskCreated>]>([
    ['another index', { index: 5n }],
    ['another blob', { blobHash: bytes32('03') }],
    ['another deadline', { deadlineMs: 101_000n }],
    ['another id', { taskId: bytes32('04') }],
  ])('refuses one that says %s than its ids', async (_, said) => {
    await expect(resolve({ ...created, ...said })).rejects.toThrow(TaskContradictionError);
  });
});
