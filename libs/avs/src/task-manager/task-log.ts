import { type Hex } from '@odf/protocol';
import { parseEventLogs, type GetLogsReturnType, type PublicClient } from 'viem';
import { allocationManagerAbi, taskManagerAbi } from './task-manager-abi.js';
import { type ChainPlace, type TaskEvent } from './task-event.js';

/** The events that a follower asks for. */
export const taskLogs = taskManagerAbi.filter((item) => item.type === 'event');

/** One of those events, decoded. */
export type TaskLog = GetLogsReturnType<undefined, typeof taskLogs, true, bigint, bigint>[number];

const lower = (hex: Hex): Hex => hex.toLowerCase() as Hex;

/** How a slash names its task, whoever was slashed. */
const descriptionOf = (taskId: Hex): string => `odf/1 task ${taskId}`;

/** Reads a log in the time of its block; of a challenge it also reads what the transaction slashed. */
export async function taskEvent(client: PublicClient, log: TaskLog, atMs: number): Promise<TaskEvent> {
  const { blockNumber, logIndex, transactionHash: transaction } = log;
  const place: ChainPlace = { blockNumber, transaction, logIndex, atMs };
  switch (log.eventName) {
    case 'TaskCreated': {
      const { createdAt, deadline, ...task } = log.args;
      const times = { createdAtMs: Number(createdAt) * 1_000, deadlineMs: deadline * 1_000n };
      return { kind: 'created', ...place, ...task, ...times };
    }
    case 'TaskResponded': {
      const { operator, ...response } = log.args;
      return { kind: 'responded', ...place, ...response, operator: lower(operator) };
    }
    case 'ResponseChallenged': {
      const { taskId, operator, fault } = log.args;
      const slashed = await slashIn(client, transaction, { taskId, operator });
      return { kind: 'slashed', ...place, logIndex: slashed ?? logIndex, taskId, operator: lower(operator), fault };
    }
  }
}

/** The index of the slash that a challenge caused; undefined where the AVS slashes otherwise than through EigenLayer. */
async function slashIn(
  client: PublicClient,
  hash: Hex,
  { taskId, operator }: { taskId: Hex; operator: Hex },
): Promise<number | undefined> {
  const { logs } = await client.getTransactionReceipt({ hash });
  const slashes = parseEventLogs({ abi: allocationManagerAbi, logs, eventName: 'OperatorSlashed' });
  return slashes.find(
    ({ args }) => lower(args.operator) === lower(operator) && args.description === descriptionOf(taskId),
  )?.logIndex;
}
