import type { Desk } from './desk.js';
import { suggestFees, type Fees } from './fees.js';
import { isExpired, type OutboxTransaction } from './intent.js';
import type { View } from './node-view.js';
import { findRevertReason } from '../chain/revert.js';
import { nodeWords } from './send-refusal.js';

/** A word that another transaction had set may have to be set anew. */
const NEW_WORD_GAS = 20_000n;

/** A call may find the state changed between the estimate and its block. */
const withMargin = (gas: bigint): bigint => gas + gas / 4n + NEW_WORD_GAS;

/** Simulates what is queued, and signs, stores and sends what holds; as many as there is room for. */
export async function dispatch(desk: Desk, view: View): Promise<void> {
  const { store, maxInFlight, concurrency, fees } = desk.settings;
  const inFlight = await store.inFlight(desk.lane);
  const room = maxInFlight - inFlight.filter(({ state }) => state === 'sent').length;
  const rows = await living(desk, await store.queued(desk.lane, desk.nowMs(), Math.max(0, room)));
  const price = suggestFees(view, fees);
  if (!price) {
    const reason = `the base fee of ${view.baseFee} wei is above the fee ceiling of ${fees.maxFeePerGas}`;
    for (const row of rows) await desk.wait(row, reason);
    return;
  }
  for (let at = 0; at < rows.length; at += concurrency) {
    const some = rows.slice(at, at + concurrency);
    const estimates = await Promise.allSettled(some.map(({ call }) => desk.node.estimate(call)));
    for (const [index, estimate] of estimates.entries()) {
      if (estimate.status === 'fulfilled') await dispatchOne(desk, view, some[index]!, estimate.value, price);
      else await refused(desk, some[index]!, estimate.reason);
    }
  }
}

/** Drops what expired before it was ever signed. */
async function living(desk: Desk, rows: OutboxTransaction[]): Promise<OutboxTransaction[]> {
  const [alive, late] = [rows, rows].map((all, index) =>
    all.filter((row) => isExpired(row, desk.nowMs()) === (index === 1)),
  );
  for (const row of late!) await desk.write(row, { state: 'failed', reason: 'expired before it was sent' }, 'failed');
  return alive!;
}

async function dispatchOne(
  desk: Desk,
  view: View,
  row: OutboxTransaction,
  estimate: bigint,
  price: Fees,
): Promise<void> {
  await desk.step('simulated', row.key);
  const last = await desk.settings.store.lastNonce(desk.lane);
  const nonce = Math.max(view.pendingNonce, last === null ? 0 : last + 1);
  const gas = withMargin(estimate);
  const attempt = await desk.sign('call', row.call, nonce, gas, price, view);
  const attempts = [...row.attempts, attempt];
  // Nonce and signed bytes are durable, in one write, before anybody can see the transaction.
  const sent = await desk.write(row, { state: 'sent', nonce, gas, attempts, failures: 0, reason: null }, 'signed');
  await desk.broadcast(sent);
}

async function refused(desk: Desk, row: OutboxTransaction, error: unknown): Promise<void> {
  const { abis, backoffMs, maxBackoffMs, log } = desk.settings;
  const why = findRevertReason(error, abis);
  if (why !== null) {
    log.warn({ key: row.key, reason: why }, 'the chain would revert a transaction');
    await desk.write(row, { state: 'failed', reason: why }, 'failed');
    return;
  }
  const pauseMs = Math.min(maxBackoffMs, backoffMs * 2 ** Math.min(row.failures, 20));
  await desk.wait(row, nodeWords(error), { failures: row.failures + 1, dueAtMs: desk.nowMs() + pauseMs });
}
