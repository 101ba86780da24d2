import type { Hex } from '@odf/protocol';
import { keccak256 } from 'viem';
import type { ChainCall } from '../claim-desk.js';
import type { Fees } from './fees.js';
import type { Attempt, Lane, OutboxTransaction } from './intent.js';
import { NodeView, type View } from './node-view.js';
import type { OutboxSettings, OutboxStep } from './outbox-options.js';

/** What every part of the outbox works with: it signs, writes rows down, and hands transactions to the node. */
export class Desk {
  readonly lane: Lane;
  readonly node: NodeView;

  constructor(readonly settings: OutboxSettings) {
    this.lane = { chainId: settings.chainId, account: settings.account.address.toLowerCase() as Hex };
    this.node = new NodeView(settings.client, this.lane);
  }

  nowMs(): number {
    return this.settings.clock.nowMs();
  }

  step(step: OutboxStep, key: string): void | Promise<void> {
    return this.settings.onStep(step, key);
  }

  /** A call that does nothing but spend a nonce. */
  nothing(): ChainCall {
    return { to: this.lane.account, data: '0x', value: 0n };
  }

  /** Writes a change down; the step counts once it is durable. */
  async write(
    row: OutboxTransaction,
    change: Partial<OutboxTransaction>,
    step?: OutboxStep,
  ): Promise<OutboxTransaction> {
    const written = await this.settings.store.update({ ...row, ...change, changedAtMs: this.nowMs() });
    if (step) await this.step(step, row.key);
    return written;
  }

  /** Signs a transaction; nothing is sent. */
  async sign(
    kind: Attempt['kind'],
    call: ChainCall,
    nonce: number,
    gas: bigint,
    fees: Fees,
    view: View,
  ): Promise<Attempt> {
    const raw = await this.settings.account.signTransaction({
      type: 'eip1559',
      chainId: Number(this.lane.chainId),
      nonce,
      gas,
      ...fees,
      ...call,
    });
    const signed = { hash: keccak256(raw), raw, block: view.block, signedAtMs: this.nowMs(), answer: null };
    return { kind, nonce, ...fees, ...signed };
  }

  /** Hands the newest signed transaction to the node and notes what it says; the node's refusal is no error. */
  async broadcast(row: OutboxTransaction): Promise<OutboxTransaction> {
    const attempt = row.attempts.at(-1)!;
    const { answer, said } = await this.node.send(attempt.raw);
    if (answer === 'taken') await this.step('taken', row.key);
    const reason = answer === 'taken' ? null : said;
    if (attempt.answer === answer && row.reason === reason) return row;
    if (answer !== 'taken') await this.#report(row, said);
    const attempts = [...row.attempts.slice(0, -1), { ...attempt, answer }];
    return this.write(row, { attempts, reason }, answer === 'taken' ? 'marked' : undefined);
  }

  /** Notes what an intent waits for, once. */
  async wait(row: OutboxTransaction, reason: string, change: Partial<OutboxTransaction> = {}): Promise<void> {
    if (row.reason === reason && Object.keys(change).length === 0) return;
    if (row.reason !== reason) await this.#report(row, reason);
    await this.write(row, { ...change, reason });
  }

  async #report({ key, nonce }: OutboxTransaction, reason: string | null): Promise<void> {
    this.settings.log.warn({ key, nonce, reason }, 'a transaction waits');
    await this.step('waiting', key);
  }
}
