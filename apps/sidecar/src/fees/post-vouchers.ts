import { RelayError } from '@odf/client';
import { routes, type Hex } from '@odf/protocol';
import type { Logger } from 'pino';
import type { RelaySession } from '../relay-session.js';
import type { SettlementPorts } from '../settlement-ports.js';
import type { VoucherRecord } from '../settlement-records.js';
import type { Store } from '../store.js';

/** What posting vouchers needs. */
export interface PostVouchersDeps {
  store: Store;
  sessions: ReadonlyMap<Hex, RelaySession>;
  ports: Pick<SettlementPorts, 'chainId' | 'settlement'>;
  log: Logger;
}

/** Gives every ready relay of this settlement the vouchers that it has not taken yet, always the stored bytes. */
export async function postVouchers(
  { store, sessions, ports, log }: PostVouchersDeps,
  signal: AbortSignal,
): Promise<void> {
  for (const voucher of await store.list('voucher', `${ports.chainId}`, ports.settlement)) {
    for (const session of sessions.values()) {
      const { settlement, chainId } = session.isUsable ? session.context : {};
      const ours = settlement === ports.settlement && chainId === ports.chainId;
      const posted = voucher.posted[session.pubkey] ?? 0n;
      if (!ours || posted >= voucher.cumulative_wei || voucher.refused[session.pubkey] !== undefined) continue;
      const refusal = await post(session, voucher, signal);
      if (refusal === 'later') continue;
      if (refusal === null) voucher.posted[session.pubkey] = voucher.cumulative_wei;
      else voucher.refused[session.pubkey] = refusal;
      if (refusal !== null) log.warn({ relay: session.origin, owner: voucher.owner, refusal }, 'voucher not taken');
      await store.put('voucher', [`${voucher.chain_id}`, voucher.settlement, voucher.operator, voucher.owner], voucher);
    }
  }
}

/** Null when it was taken, `later` when nothing can be said yet, else why it was not. */
async function post(session: RelaySession, voucher: VoucherRecord, signal: AbortSignal): Promise<string | null> {
  const { operator, owner, cumulative_wei, signature } = voucher;
  try {
    await session.client.data(routes.postVouchers, { body: [{ operator, owner, cumulative_wei, signature }], signal });
    return null;
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof RelayError)) throw error;
    return error.isTransient ? 'later' : (error.failures[0]?.error ?? error.code);
  }
}
