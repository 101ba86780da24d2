import type { TransactionReceipt } from 'viem';
import type { Desk } from './desk.js';
import type { OutboxTransaction } from './intent.js';
import type { View } from './node-view.js';
import { findRevertReason } from '../chain/revert.js';

const NOT_MINED = { transaction: null, blockNumber: null, blockHash: null, status: null } as const;

/** Reads from the chain what became of the rows in flight: mined, undone by a reorg, final, or crowded out. */
export async function settle(desk: Desk, view: View): Promise<void> {
  for (const row of await desk.settings.store.inFlight(desk.lane)) await settleOne(desk, view, row);
}

async function settleOne(desk: Desk, view: View, row: OutboxTransaction): Promise<void> {
  const hashes = row.attempts.filter(({ nonce }) => nonce === row.nonce).map(({ hash }) => hash);
  const receipt = row.nonce! < view.nonce ? await desk.node.receiptOf(hashes.reverse()) : null;
  if (receipt) return mined(desk, view, row, receipt);
  if (row.state === 'mined') {
    await reopen(desk, row);
  } else if (row.nonce! < view.nonce && (await isSpentForGood(desk, view, row.nonce!))) {
    await crowdedOut(desk, row);
  }
}

/** Takes a transaction as not mined again, so that it is sent again: a reorg dropped its block. */
export async function reopen(desk: Desk, row: OutboxTransaction): Promise<OutboxTransaction> {
  desk.settings.log.warn({ key: row.key, transaction: row.transaction }, 'a reorg dropped a transaction');
  return desk.write(row, { ...NOT_MINED, state: 'sent', reason: null }, 'reorged');
}

async function mined(desk: Desk, view: View, row: OutboxTransaction, receipt: TransactionReceipt): Promise<void> {
  const known = row.state === 'mined' && row.blockHash === receipt.blockHash;
  const current = known ? row : await noteBlock(desk, row, receipt);
  const depth = view.block - receipt.blockNumber + 1n;
  if (depth < BigInt(desk.settings.confirmations)) return;
  const done = current.status === 'success';
  await desk.write(current, { state: done ? 'final' : 'failed' }, done ? 'final' : 'failed');
  if (!done) desk.settings.log.warn({ key: row.key, reason: current.reason }, 'a transaction failed');
}

async function noteBlock(desk: Desk, row: OutboxTransaction, receipt: TransactionReceipt): Promise<OutboxTransaction> {
  const kind = row.attempts.find(({ hash }) => hash === receipt.transactionHash)?.kind;
  const where = {
    transaction: receipt.transactionHash,
    blockNumber: receipt.blockNumber,
    blockHash: receipt.blockHash,
  };
  // The nonce is spent on nothing: the intent neither succeeded nor was it reverted.
  const outcome =
    kind === 'void'
      ? { status: null, reason: 'expired before it was mined' }
      : {
          status: receipt.status,
          reason: receipt.status === 'reverted' ? await whyReverted(desk, row, receipt) : null,
        };
  return desk.write(row, { ...where, ...outcome, state: 'mined' }, 'mined');
}

async function whyReverted(
  desk: Desk,
  row: OutboxTransaction,
  { blockNumber, gasUsed }: TransactionReceipt,
): Promise<string> {
  if (gasUsed === row.gas) return 'it ran out of gas';
  try {
    await desk.node.replay(row.call, blockNumber - 1n);
  } catch (error) {
    return findRevertReason(error, desk.settings.abis) ?? 'reverted, and the node cannot say why';
  }
  return 'reverted by what came before it in its block';
}

/** Only when the nonce is spent as deep as what counts as final: else a reorg could bring ours back beside its successor. */
async function isSpentForGood(desk: Desk, view: View, nonce: number): Promise<boolean> {
  const depth = view.block - BigInt(desk.settings.confirmations) + 1n;
  return depth >= 0n && (await desk.node.nonceAt(depth)) > nonce;
}

async function crowdedOut(desk: Desk, row: OutboxTransaction): Promise<void> {
  const reason = `a foreign transaction took the nonce ${row.nonce}`;
  desk.settings.log.warn({ key: row.key, nonce: row.nonce }, 'a foreign transaction took the nonce');
  if (isFiller(row)) await desk.write(row, { state: 'failed', nonce: null, reason }, 'failed');
  else await desk.write(row, { state: 'queued', nonce: null, dueAtMs: desk.nowMs(), reason }, 'requeued');
}

const FILLER = 'fill/';

/** The key of the transaction that does nothing but fill a gap. */
export function fillerKey(chainId: bigint, account: string, nonce: number): string {
  return `${FILLER}${chainId}/${account}/${nonce}`;
}

function isFiller({ key }: OutboxTransaction): boolean {
  return key.startsWith(FILLER);
}
