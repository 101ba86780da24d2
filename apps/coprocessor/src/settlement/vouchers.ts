import { RelayError } from '@odf/client';
import { routes, type Hex, type Voucher } from '@odf/protocol';
import type { RelaySession } from '../session.js';

const PAGE = 500;

/** The highest voucher of each operator for `owner` over all relays; relays that do not know us yet have none. */
export async function highestVouchers(
  relays: readonly RelaySession[],
  pubkey: Hex,
  owner: Hex,
): Promise<Map<Hex, Voucher>> {
  const highest = new Map<Hex, Voucher>();
  for (const { client } of relays) {
    for await (const voucher of vouchersOf(client, pubkey)) {
      const known = highest.get(voucher.operator);
      if (voucher.owner !== owner || (known && known.cumulative_wei >= voucher.cumulative_wei)) continue;
      highest.set(voucher.operator, voucher);
    }
  }
  return highest;
}

async function* vouchersOf(client: RelaySession['client'], pubkey: Hex): AsyncGenerator<Voucher, void> {
  for (let cursor: Hex | undefined; ;) {
    const query = { limit: PAGE, ...(cursor && { cursor }) };
    const page = await client.data(routes.getVouchers, { params: { pubkey }, query }).catch((error: unknown) => {
      if (error instanceof RelayError && error.code === 'COPROCESSOR_UNKNOWN') return [];
      throw error;
    });
    yield* page;
    if (page.length < PAGE) return;
    cursor = page.at(-1)!.operator;
  }
}
