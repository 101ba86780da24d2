import type { Desk } from './desk.js';
import { bumpFees, suggestFees, type Fees } from './fees.js';
import { isExpired, newTransaction, type Attempt, type OutboxTransaction } from './intent.js';
import type { View } from './node-view.js';
import { fillerKey, reopen } from './settle.js';

/** What a plain transfer to an account without code takes. */
const TRANSFER_GAS = 21_000n;

/** Sends again what the node does not have, raises fees that wait for long, and takes back what expired. */
export async function push(desk: Desk, view: View): Promise<void> {
  const rows = await desk.settings.store.inFlight(desk.lane);
  for (const row of rows) if (row.state === 'sent' && row.nonce! >= view.nonce) await pushOne(desk, view, row);
}

async function pushOne(desk: Desk, view: View, row: OutboxTransaction): Promise<void> {
  const last = row.attempts.at(-1)!;
  const expired = isExpired(row, desk.nowMs()) && last.kind !== 'void';
  if (!expired && !needsBump(desk, view, row, last)) return rebroadcast(desk, view, row, last);
  const fees = bumpFees(last, view, desk.settings.fees);
  if (fees) return replace(desk, view, row, expired ? 'void' : last.kind, fees);
  await desk.wait(row, `the fee ceiling of ${desk.settings.fees.maxFeePerGas} wei a gas does not allow a replacement`);
  await rebroadcast(desk, view, (await desk.settings.store.find(row.key))!, last);
}

function needsBump(desk: Desk, view: View, row: OutboxTransaction, last: Attempt): boolean {
  if (last.answer === 'underpriced' || last.maxFeePerGas < view.baseFee) return true;
  const { bumpAfterBlocks, bumpAfterMs, fees } = desk.settings;
  const overdue = view.block - last.block >= bumpAfterBlocks || desk.nowMs() - last.signedAtMs >= bumpAfterMs;
  // Those behind the first wait for it, unless the market has left them behind as well.
  const first = row.nonce === view.nonce;
  return overdue && (first || last.maxFeePerGas < (suggestFees(view, fees)?.maxFeePerGas ?? 0n));
}

/** A node whose pool ends before the nonce has lost the transaction. */
async function rebroadcast(desk: Desk, view: View, row: OutboxTransaction, last: Attempt): Promise<void> {
  if (last.answer !== 'taken' || row.nonce! >= view.pendingNonce) await desk.broadcast(row);
}

async function replace(
  desk: Desk,
  view: View,
  row: OutboxTransaction,
  kind: Attempt['kind'],
  fees: Fees,
): Promise<void> {
  const [call, gas] = kind === 'void' ? [desk.nothing(), TRANSFER_GAS] : [row.call, row.gas!];
  const attempt = await desk.sign(kind, call, row.nonce!, gas, fees, view);
  const step = kind === 'void' && row.attempts.at(-1)!.kind !== 'void' ? 'voided' : 'bumped';
  await desk.broadcast(await desk.write(row, { attempts: [...row.attempts, attempt] }, step));
}

/** Spends the first nonce that nobody holds though later ones are held, so that those can be mined. */
export async function fillGap(desk: Desk, view: View): Promise<void> {
  const { store, fees } = desk.settings;
  const last = await store.lastNonce(desk.lane);
  const nonce = view.pendingNonce;
  if (last === null || nonce > last) return;
  const holder = await store.holder(desk.lane, nonce);
  if (holder) {
    // A reorg deeper than what counts as final has undone it.
    if (holder.state === 'final' || holder.state === 'failed') await desk.broadcast(await reopen(desk, holder));
    return;
  }
  const price = suggestFees(view, fees);
  if (price) await fill(desk, view, nonce, price);
}

async function fill(desk: Desk, view: View, nonce: number, price: Fees): Promise<void> {
  const { store, log } = desk.settings;
  const key = fillerKey(desk.lane.chainId, desk.lane.account, nonce);
  const known = await store.find(key);
  const row = known ?? newTransaction({ key, call: desk.nothing() }, desk.lane, desk.nowMs());
  const attempt = await desk.sign('call', row.call, nonce, TRANSFER_GAS, price, view);
  const attempts = [...row.attempts, attempt];
  const filler: OutboxTransaction = { ...row, state: 'sent', nonce, gas: TRANSFER_GAS, attempts, reason: null };
  log.warn({ nonce }, 'a gap in the nonces is filled');
  if (known) await store.update(filler);
  else await store.insert(filler);
  await desk.step('filled', key);
  await desk.broadcast((await store.find(key))!);
}
