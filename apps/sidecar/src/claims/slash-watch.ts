import type { Hex } from '@odf/protocol';
import type { Clock } from '@odf/telemetry';
import type { Logger } from 'pino';
import type { FeeLedger } from '../fees/fee-ledger.js';
import type { Validator } from '../keys.js';
import type { SeenSlash, SettlementPorts } from '../settlement-ports.js';
import type { ClaimRecord, KeptEvidence } from '../settlement-records.js';
import type { Change, Store } from '../store.js';

/** What watching slashes needs. */
export interface SlashWatchDeps {
  store: Store;
  ports: SettlementPorts;
  validators: ReadonlyMap<Hex, Validator>;
  fees: FeeLedger;
  clock: Clock;
  log: Logger;
}

/** Looks once for slashes of this sidecar's operators; each for an attested response begins a claim in the write that moves the cursor. */
export async function watchSlashes(deps: SlashWatchDeps): Promise<void> {
  const { store, ports, validators } = deps;
  const place = [`${ports.chainId}`, ports.settlement];
  const operators = [...new Set([...validators.values()].map(({ operator }) => operator))];
  const before = await store.get('slash_cursor', ...place);
  const { slashes, cursor } = await ports.view.slashesOf(operators, before);
  const changes: Change[] = [];
  for (const slash of slashes) changes.push(...(await changesOf(slash, deps)));
  if (cursor !== before) await store.write([...changes, { kind: 'slash_cursor', id: place, record: cursor }]);
  else if (changes.length > 0) await store.write(changes);
}

async function changesOf(slash: SeenSlash, { store, validators, fees, clock, log }: SlashWatchDeps): Promise<Change[]> {
  const changes: Change[] = [];
  for (const { pubkey, operator } of validators.values()) {
    const kept = operator === slash.operator ? await store.get('claim_evidence', pubkey, slash.task_id) : undefined;
    const id = [slash.transaction, `${slash.log_index}`, pubkey];
    if (!kept || (await store.get('claim', ...id))) continue;
    log.warn({ ...slash, validator: pubkey }, 'slashed for an attested response: a claim begins');
    changes.push({ kind: 'claim', id, record: claimFor(slash, kept, clock.nowMs()) }, ...(await fees.voidedBy(kept)));
  }
  return changes;
}

function claimFor(slash: SeenSlash, { validator, evidence }: KeptEvidence, nowMs: number): ClaimRecord {
  const { operator, task_id, transaction, log_index } = slash;
  return {
    validator,
    operator,
    task_id,
    transaction,
    log_index,
    relay: evidence.relay,
    // The contract holds less where loss, line or coverage are less.
    amount_wei: evidence.award.leaf.max_liability,
    step: 'wanted',
    seen_at_ms: nowMs,
    failures: 0,
    next_at_ms: nowMs,
  };
}
