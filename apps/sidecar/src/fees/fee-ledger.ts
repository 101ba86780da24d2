import { typedData, type Hex } from '@odf/protocol';
import type { Clock } from '@odf/telemetry';
import type { Logger } from 'pino';
import { privateKeyToAccount } from 'viem/accounts';
import type { Validator } from '../keys.js';
import type { SidecarMetrics } from '../metrics.js';
import type { SettlementPorts } from '../settlement-ports.js';
import type { FeeRecord, VoucherRecord } from '../settlement-records.js';
import type { Change, Store } from '../store.js';
import { judgeByAnswer, judgeByChain, type FeeVerdict } from './fee-rules.js';

/** What settling fees needs. */
export interface FeeLedgerDeps {
  store: Store;
  ports: SettlementPorts;
  validators: ReadonlyMap<Hex, Validator>;
  clock: Clock;
  log: Logger;
  metrics: SidecarMetrics;
}

/** What this operator owes, by its own commitments and what the settlement shows; a relay's word counts for nothing. */
export class FeeLedger {
  constructor(private readonly deps: FeeLedgerDeps) {}

  /** Looks at every exposed fee once: what is due raises its voucher in the write that makes it due. */
  async settle(): Promise<void> {
    const { store, ports, log } = this.deps;
    for (const { validator, task_id } of await store.list('open_fee')) {
      const fee = await store.get('fee', validator, task_id);
      const here = fee?.chain_id === ports.chainId && fee.settlement === ports.settlement;
      if (!fee || !here) continue;
      await this.#look(fee).catch((error: unknown) => {
        log.warn({ err: error, task_id, validator }, 'a fee cannot be settled yet');
      });
    }
  }

  /** Makes an exposed fee void because its response was slashed; what to write. */
  async voidedBy(slash: { validator: Hex; task_id: Hex }): Promise<Change[]> {
    const fee = await this.deps.store.get('fee', slash.validator, slash.task_id);
    if (fee?.state !== 'exposed') return [];
    return this.#settled(fee, { state: 'void', reason: 'the response was slashed' });
  }

  async #look(fee: FeeRecord): Promise<void> {
    const verdict = await this.#judge(fee);
    if (verdict.state === 'exposed') return;
    if (verdict.state === 'void') return this.#write(fee, verdict, this.#settled(fee, verdict));
    const validator = this.deps.validators.get(fee.validator);
    if (!validator) throw new Error(`there are no keys of ${fee.validator} to sign a voucher with`);
    const owner = await this.deps.ports.view.ownerOf(fee.coprocessor);
    if (!owner) throw new Error(`the coprocessor ${fee.coprocessor} is not registered`);
    const off = validator.avs.get(fee.avs_id)?.vouchers === 'off';
    const settled = this.#settled({ ...fee, owner }, off ? { ...verdict, reason: 'vouchers are off' } : verdict);
    return this.#write(fee, verdict, off ? settled : [...settled, await this.#raised(fee, owner, validator)]);
  }

  async #judge(fee: FeeRecord): Promise<FeeVerdict> {
    const { ports, store, clock } = this.deps;
    const { avs_id, task_id, operator, validator } = fee;
    if (await ports.view.isListed(avs_id)) {
      return judgeByChain(fee, await ports.view.acceptedResponse(avs_id, task_id, operator), clock.nowMs());
    }
    const task = await store.get('task', validator, task_id);
    return judgeByAnswer(fee, task?.answer?.status, clock.nowMs());
  }

  #settled(fee: FeeRecord, { state, reason }: FeeVerdict): Change[] {
    const id = [fee.validator, fee.task_id];
    const record = { ...fee, state, settled_at_ms: this.deps.clock.nowMs(), ...(reason !== undefined && { reason }) };
    return [
      { kind: 'fee', id, record },
      { kind: 'open_fee', id, record: undefined },
    ];
  }

  /** The voucher with this fee in it. The first of a pair starts at what the chain has paid, so that a lost data folder asks nobody to sign twice. */
  async #raised(fee: FeeRecord, owner: Hex, validator: Validator): Promise<Change> {
    const { store, ports } = this.deps;
    const { chain_id, settlement, operator } = fee;
    const id = [`${chain_id}`, settlement, operator, owner];
    const known = await store.get('voucher', ...id);
    const base = known?.cumulative_wei ?? (await ports.view.paidWei(operator, owner));
    const cumulative_wei = base + fee.fee_wei;
    const record: VoucherRecord = {
      chain_id,
      settlement,
      operator,
      owner,
      cumulative_wei,
      signature: await signVoucher(validator, { operator, owner, cumulativeWei: cumulative_wei }, ports),
      posted: known?.posted ?? {},
      refused: {},
    };
    return { kind: 'voucher', id, record };
  }

  async #write({ task_id, fee_wei }: FeeRecord, { state, reason }: FeeVerdict, changes: Change[]): Promise<void> {
    await this.deps.store.write(changes);
    this.deps.metrics.feesTotal.inc({ state });
    this.deps.log.info({ task_id, fee_wei: fee_wei.toString(), state, reason }, 'fee settled');
  }
}

function signVoucher(
  { operatorKey }: Validator,
  consent: { operator: Hex; owner: Hex; cumulativeWei: bigint },
  ports: Pick<SettlementPorts, 'chainId' | 'settlement'>,
): Promise<Hex> {
  const account = privateKeyToAccount(operatorKey.expose());
  const data = typedData('Voucher', consent, ports);
  return account.signTypedData(data as unknown as Parameters<typeof account.signTypedData>[0]);
}
