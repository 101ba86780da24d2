import { taskId, type Hex } from '@odf/protocol';
import { encodeAbiParameters, keccak256, parseAbiParameters, type PublicClient } from 'viem';
import { type BlobSource } from './blob-source.js';
import { type TaskCreated } from './task-event.js';

/** A task as the relay takes it in; Unix ms. */
export interface ResolvedTask {
  native_ref: Hex;
  input: Uint8Array;
  deadline_ms: bigint;
  created_at_ms: number;
}

/** The chain contradicts itself about a task: its ids do not follow from its content. */
export class TaskContradictionError extends Error {
  override readonly name = 'TaskContradictionError';
}

/**
 * Completes a task with its input: the blob of the transaction that created it.
 *
 * @throws {TaskContradictionError} when its ids are not those of the AVS, index, blob and deadline; BlobUnavailableError when
 * nobody has the blob now; viem's errors when the RPC does not answer.
 */
export async function resolveTask(
  event: TaskCreated,
  { avsId, client, blobs }: { avsId: Hex; client: PublicClient; blobs: Pick<BlobSource, 'blob'> },
): Promise<ResolvedTask> {
  const { nativeRef, index, blobHash, deadlineMs, createdAtMs } = event;
  if (nativeRef !== nativeRefOf(index, blobHash, deadlineMs / 1_000n)) {
    throw new TaskContradictionError(
      `the reference of task ${event.taskId} is not that of its index, blob and deadline`,
    );
  }
  if (taskId(avsId, nativeRef) !== event.taskId) {
    throw new TaskContradictionError(`the task id ${event.taskId} is not that of its AVS and reference`);
  }
  const { hash } = await client.getBlock({ blockNumber: event.blockNumber });
  const input = await blobs.blob(blobHash, { hash, atMs: event.atMs });
  return { native_ref: nativeRef, input, deadline_ms: deadlineMs, created_at_ms: createdAtMs };
}

/** How a task manager names its tasks; the deadline in Unix seconds. */
export function nativeRefOf(index: bigint, blobHash: Hex, deadline: bigint): Hex {
  return keccak256(encodeAbiParameters(parseAbiParameters('uint256, bytes32, uint64'), [index, blobHash, deadline]));
}
