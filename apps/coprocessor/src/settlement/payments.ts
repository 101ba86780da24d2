import { RelayError } from '@odf/client';
import { Attestation, type Hex, type Voucher } from '@odf/protocol';
import { collectCall, drawCall, feeIdOf, redeemCall } from '@odf/settlement';
import type { RelaySession } from '../session.js';
import { sendFunded, type SettlementDesk } from './desk.js';
import { FeeLedger, type LedgerFee } from './fee-ledger.js';
import { feesToDraw, redeemableWei } from './payment-plan.js';
import { Blocked, type Channel } from './ports.js';
import { highestVouchers } from './vouchers.js';

/** What operators have paid, promised and owe; wei. */
export interface PaymentTotals {
  paidWei: bigint;
  promisedWei: bigint;
  dueWei: bigint;
  collectableWei: bigint;
}

type UndrawnFee = LedgerFee & { session: RelaySession };

/** Redeems vouchers, draws due fees that none covers, and takes the payments out. */
export class PaymentDuty {
  readonly #ledgers = new Map<Hex, FeeLedger>();
  totals: PaymentTotals = { paidWei: 0n, promisedWei: 0n, dueWei: 0n, collectableWei: 0n };

  constructor(private readonly desk: SettlementDesk) {}

  /**
   * One pass over all operators.
   *
   * @param atLeastWei payments below this are left for later.
   * @returns why operators did not pay, where they did not.
   */
  async settle(atLeastWei: bigint, signal: AbortSignal): Promise<string[]> {
    const { chain, owner, key } = this.desk;
    const relays = this.desk.relays();
    const vouchers = await highestVouchers(relays, key.pubkey, owner);
    const due = await this.#dueFees(relays);
    const problems: string[] = [];
    let paidWei = 0n;
    for (const operator of new Set([...vouchers.keys(), ...due.map((fee) => fee.operator)])) {
      const channel = await chain.channel(operator, owner);
      const voucher = vouchers.get(operator);
      const owed = due.filter((fee) => fee.operator === operator);
      try {
        if (voucher) await this.#redeem(voucher, channel, atLeastWei, signal);
        await this.#draw(owed, voucher?.cumulative_wei ?? 0n, atLeastWei, signal);
      } catch (error) {
        if (!(error instanceof Blocked)) throw error;
        problems.push(error.message);
      }
      paidWei += (await chain.channel(operator, owner)).paidWei;
    }
    this.totals = {
      paidWei,
      promisedWei: [...vouchers.values()].reduce((sum, { cumulative_wei }) => sum + cumulative_wei, 0n),
      dueWei: due.reduce((sum, { fee_wei }) => sum + fee_wei, 0n),
      collectableWei: await chain.collectableWei(owner),
    };
    await this.#collect(atLeastWei, signal);
    return problems;
  }

  async #redeem(voucher: Voucher, channel: Channel, atLeastWei: bigint, signal: AbortSignal): Promise<void> {
    const amount = redeemableWei(voucher.cumulative_wei, channel);
    if (amount === 0n || amount < atLeastWei) return;
    // A short escrow pays in parts, each of which is a transaction of its own.
    const key = `redeem:${voucher.operator}:${voucher.cumulative_wei}:${channel.paidWei}`;
    await sendFunded(this.desk, key, redeemCall(this.desk.deployment, voucher), signal);
  }

  async #draw(
    owed: readonly UndrawnFee[],
    promisedWei: bigint,
    atLeastWei: bigint,
    signal: AbortSignal,
  ): Promise<void> {
    const { clock, strategy, chain, owner } = this.desk;
    const [first] = owed;
    if (!first) return;
    const old = owed.filter(({ settled_at_ms }) => Number(settled_at_ms) + strategy.draw_after_ms <= clock.nowMs());
    const drawable: UndrawnFee[] = [];
    for (const fee of old) if (await this.#isDrawable(fee)) drawable.push(fee);
    const channel = await chain.channel(first.operator, owner);
    for (const fee of feesToDraw(drawable, promisedWei, channel, atLeastWei > 0n ? atLeastWei : 1n)) {
      await this.#drawOne(fee, signal);
    }
  }

  async #isDrawable({ session, id, avs_id }: UndrawnFee): Promise<boolean> {
    if (await this.desk.store.isDrawn(session.relayRoot, id)) return false;
    return (await this.desk.chain.avs(avs_id)).acceptance !== null;
  }

  async #drawOne(fee: UndrawnFee, signal: AbortSignal): Promise<void> {
    const { store, deployment, logger } = this.desk;
    const { session, id, task_id } = fee;
    const [proof, delivery] = await Promise.all([
      this.#ledger(session).proofOf(fee),
      store.delivery(session.relayRoot, fee),
    ]);
    const attestation = delivery?.attestation.message;
    if (!proof || !attestation || Attestation.root(attestation) !== proof.commitment.message.attestation_root) {
      const reason = proof ? 'our attestation is not in the store' : 'the relay has no proof of it';
      logger.warn({ fee: id, task_id, reason }, 'fee cannot be drawn');
      return store.putDrawn(session.relayRoot, id);
    }
    const feeId = feeIdOf(proof, session.context);
    const call = drawCall(deployment, { proof, attestation, relay: session.pubkey });
    try {
      await sendFunded(this.desk, `draw:${feeId}`, call, signal);
    } catch (error) {
      if (!(error instanceof Blocked) || !error.message.includes('FeeAlreadyCounted')) throw error;
    }
    await store.putDrawn(session.relayRoot, id);
  }

  async #collect(atLeastWei: bigint, signal: AbortSignal): Promise<void> {
    const { chain, owner, deployment } = this.desk;
    const amount = await chain.collectableWei(owner);
    if (amount === 0n || amount < atLeastWei) return;
    const key = `collect:${amount}:${await chain.nonceOf(owner)}`;
    await sendFunded(this.desk, key, collectCall(deployment, owner), signal);
    this.totals = { ...this.totals, collectableWei: await chain.collectableWei(owner) };
  }

  /** Due fees of all relays, oldest first. */
  async #dueFees(relays: readonly RelaySession[]): Promise<UndrawnFee[]> {
    const due: UndrawnFee[] = [];
    for (const session of relays) {
      const ledger = this.#ledger(session);
      await ledger.refresh().catch((error: unknown) => {
        if (!(error instanceof RelayError) || error.code !== 'COPROCESSOR_UNKNOWN') throw error;
      });
      const fees = ledger.fees.filter(({ state }) => state === 'due').reverse();
      due.push(...fees.map((fee) => ({ ...fee, session })));
    }
    return due;
  }

  #ledger(session: RelaySession): FeeLedger {
    const known = this.#ledgers.get(session.relayRoot);
    if (known) return known;
    const ledger = new FeeLedger(session, this.desk.key.pubkey);
    this.#ledgers.set(session.relayRoot, ledger);
    return ledger;
  }
}
