import { toHex, type Hex } from '@odf/protocol';
import { decodeFunctionData } from 'viem';
import { SinkUnavailableError } from '../http/http-sink.js';
import { ChainSink, type ChainAccess, type TransactionSender } from './chain-sink.js';
import { taskManagerAbi } from './task-manager-abi.js';

const bytes = (value: string, length: number): Hex => `0x${value.repeat(length)}`;
const submission = {
  task_id: bytes('01', 32),
  avs_id: bytes('02', 32),
  operator: bytes('03', 20),
  result: Buffer.from('result'),
  signature: bytes('05', 65),
};
const [avs, own, other, none, transaction] = [
  bytes('0a', 20),
  bytes('d1', 32),
  bytes('d2', 32),
  bytes('00', 32),
  bytes('ab', 32),
];
const mined = { transaction, status: 'success', blockNumber: 7n } as const;
const reverted = { transaction, status: 'reverted', blockNumber: 7n, reason: 'TooLate()' } as const;

/** A sink whose chain holds these digests in turn, and what it sent. */
function sinkWith(digests: Hex[], send: TransactionSender['send']) {
  const sent = jest.fn(send);
  const accounts: Hex[] = [];
  let reads = 0;
  const client = {
    readContract: async () => [digests[Math.min(reads++, digests.length - 1)], false],
  } as unknown as ChainAccess['client'];
  const transactions = (account: Hex) => {
    accounts.push(account);
    return { send: sent };
  };
  const sink = new ChainSink({ client, transactions, taskManager: avs, avs, digestOf: () => own });
  return { sink, sent, accounts };
}

describe('ChainSink', () => {
  it("responds by the operator's account, under the key of task and operator", async () => {
    const { sink, sent, accounts } = sinkWith([none], async () => mined);
    expect(await sink.submit(submission)).toEqual({ status: 'accepted', reference: transaction });
    expect(accounts).toEqual([submission.operator]);
    const [key, call] = sent.mock.calls[0]!;
    expect(key).toBe(`respond:${submission.task_id}:${submission.operator}`);
    expect(call).toMatchObject({ to: avs, value: 0n });
    expect(decodeFunctionData({ abi: taskManagerAbi, data: call.data })).toEqual({
      functionName: 'respond',
      args: [submission.task_id, submission.operator, toHex(submission.result), submission.signature],
    });
  });

  it('sends nothing where the chain has this very response', async () => {
    const { sink, sent } = sinkWith([own], async () => mined);
    expect(await sink.submit(submission)).toEqual({ status: 'accepted', reference: own });
    expect(sent).not.toHaveBeenCalled();
  });

  it('sends nothing where the operator gave another one', async () => {
    const { sink, sent } = sinkWith([other], async () => mined);
    expect(await sink.submit(submission)).toMatchObject({ status: 'rejected', reference: other });
    expect(sent).not.toHaveBeenCalled();
  });

  it('takes a revert for accepted only if somebody else brought this very response first', async () => {
    const same = sinkWith([none, own], async () => ({ ...reverted, reason: 'AlreadyResponded()' }));
    expect(await same.sink.submit(submission)).toEqual({ status: 'accepted', reference: own });
    const late = sinkWith([none], async () => reverted);
    expect(await late.sink.submit(submission)).toEqual({
      status: 'rejected',
      reference: transaction,
      reason: 'TooLate()',
    });
  });

  it('may be asked again when the chain is away, and stops when its caller does', async () => {
    const away = sinkWith([none], () => Promise.reject(new Error('connect ECONNREFUSED')));
    await expect(away.sink.submit(submission)).rejects.toThrow(SinkUnavailableError);
    const caller = new AbortController();
    const stopped = sinkWith([none], () => {
      caller.abort(new Error('the window is over'));
      return Promise.reject(new Error('aborted'));
    });
    await expect(stopped.sink.submit(submission, caller.signal)).rejects.toThrow('the window is over');
  });
});
