import { RelayError } from '@odf/client';
import { routes, type Fee, type Hex } from '@odf/protocol';
import type { Validator } from '../keys.js';
import type { RelaySession } from '../relay-session.js';
import type { FeeRecord } from '../settlement-records.js';
import type { Store } from '../store.js';

/** A fee that a relay tells differently from the sidecar's own ledger. */
export interface FeeDifference {
  relay: Hex;
  task_id: Hex;
  validator: Hex;
  ours: string;
  theirs: string;
}

const LOOKED_AT = 100;

/** Compares the newest fees of a validator with what a relay tells of them; only for the owner's eyes, nothing follows from it. */
export async function compareWithRelay(
  session: RelaySession,
  { pubkey }: Validator,
  store: Store,
  signal: AbortSignal,
): Promise<FeeDifference[]> {
  const differences: FeeDifference[] = [];
  for (const theirs of await feesAt(session, pubkey, signal)) {
    const ours = await store.get('fee', pubkey, theirs.task_id);
    if (!ours || ours.coprocessor !== theirs.coprocessor || agree(ours, theirs)) continue;
    const place = { relay: session.pubkey, task_id: theirs.task_id, validator: pubkey };
    differences.push({ ...place, ours: textOf(ours), theirs: textOf(theirs) });
  }
  return differences;
}

/** One side may know of an end earlier than the other. */
function agree(ours: Pick<FeeRecord, 'fee_wei' | 'state'>, theirs: Pick<Fee, 'fee_wei' | 'state'>): boolean {
  const open = ours.state === 'exposed' || theirs.state === 'exposed';
  return ours.fee_wei === theirs.fee_wei && (open || ours.state === theirs.state);
}

function textOf({ fee_wei, state }: Pick<Fee, 'fee_wei' | 'state'>): string {
  return `${fee_wei} wei ${state}`;
}

async function feesAt(session: RelaySession, pubkey: Hex, signal: AbortSignal): Promise<Fee[]> {
  try {
    const query = { limit: LOOKED_AT };
    return await session.client.data(routes.validatorFees, { params: { pubkey }, query, signal });
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof RelayError)) throw error;
    return [];
  }
}
