import {
  Attestation,
  AwardRole,
  routes,
  toHex,
  type AvsInfo,
  type Delivery,
  type Hex,
  type SignedAward,
  type SignedReceipt,
  type TaskInfo,
} from '@odf/protocol';
import { createPlugin, isPluginName, type Computed } from '@odf/avs';
import { backoffMs, RelayError, retrying, sleep } from '@odf/client';
import { attest, signDelivery } from './attestation.js';
import { checkReceipt, ProofInvalid } from './relay-proof.js';
import type { CoprocessorParts, RelaySession } from './session.js';
import type { AwardWithLeaves } from './award-check.js';
import type { AwardRecord, DeliveryPlace, DeliveryRecord } from './store.js';

/** Only the receipt of bytes that the relay already knows can come after the window. */
const LAST_TRY_MS = 2_000;
const ATTEMPT_MS = 5_000;
const RETRY = { baseMs: 100, maxMs: 1_000 };

/** Computes, attests and delivers the tasks of terms that were won at one relay, each once. */
export class Deliveries {
  readonly #busy = new Map<Hex, Promise<void>>();
  /** One attempt at a time, so that sequence numbers reach the relay rising. */
  #lane: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly session: RelaySession,
    private readonly parts: CoprocessorParts,
    private readonly signal: AbortSignal,
  ) {}

  /** Takes a task on; once is enough, more often is harmless. */
  take(taskId: Hex, award: AwardRecord, avs: AvsInfo): void {
    this.#start(taskId, () => this.#serve(taskId, award, avs));
  }

  /** Sends what was signed before the process ended, unchanged. */
  async resume(): Promise<void> {
    const signed = (await this.parts.store.deliveries(this.session.relayRoot)).filter(
      ({ state }) => state === 'signed',
    );
    for (const taskId of new Set(signed.map(({ task_id }) => task_id))) {
      const own = signed.filter(({ task_id }) => task_id === taskId);
      this.#start(taskId, async () => void (await Promise.all(own.map((record) => this.#resend(record)))));
    }
  }

  /** Waits for what is under way. */
  async idle(): Promise<void> {
    await Promise.all(this.#busy.values());
  }

  #start(taskId: Hex, work: () => Promise<void>): void {
    if (this.#busy.has(taskId) || this.signal.aborted) return;
    const done = work()
      .catch((error: unknown) => {
        if (this.signal.aborted) return;
        this.parts.metrics.deliveries.inc({ outcome: 'failed' });
        this.parts.logger.error({ task_id: taskId, err: error }, 'task not delivered');
      })
      .finally(() => this.#busy.delete(taskId));
    this.#busy.set(taskId, done);
  }

  /** Computes a task once and delivers it under each award that it has not been delivered under. */
  async #serve(taskId: Hex, { awards, auction_id }: AwardRecord, avs: AvsInfo): Promise<void> {
    const known = await Promise.all(
      awards.map(({ award }) => this.parts.store.delivery(this.session.relayRoot, placeIn(taskId, award))),
    );
    if (known.every((record) => record && record.state !== 'signed')) return;
    const resent = known.flatMap((record) => (record?.state === 'signed' ? [this.#resend(record)] : []));
    const open = awards.filter((_, index) => !known[index]);
    if (open.length > 0) await this.#serveUnder(open, taskId, auction_id, avs);
    await Promise.all(resent);
  }

  async #serveUnder(awards: readonly AwardWithLeaves[], taskId: Hex, auctionId: Hex, avs: AvsInfo): Promise<void> {
    const task = await retrying(() => this.#fetchTask(taskId), { ...RETRY, signal: this.signal });
    const nowMs = this.parts.clock.nowMs();
    const due = awards
      .map((award) => ({ award, deliver_by_ms: lastMoment(task, award, avs) }))
      .filter(({ deliver_by_ms }) => Number(deliver_by_ms) > nowMs);
    if (task.auction_id !== auctionId || due.length === 0) return;
    const leftMs = Math.max(...due.map(({ deliver_by_ms }) => Number(deliver_by_ms))) - nowMs;
    const work = { task, avs, ...(await this.#compute(task, avs, leftMs)) };
    const attempts = due.map(async (one) =>
      this.#bring(await this.#inLane(async () => this.#attempt(await this.#sign({ ...work, ...one })))),
    );
    await Promise.all(attempts);
  }

  #fetchTask(taskId: Hex): Promise<TaskInfo> {
    return this.session.client.data(routes.getTask, { params: { task_id: taskId }, signal: this.signal });
  }

  async #compute(task: TaskInfo, avs: AvsInfo, leftMs: number) {
    const plugin = avs.plugin.id;
    if (!isPluginName(plugin)) throw new RangeError(`this version cannot compute ${plugin}`);
    const timer = this.parts.metrics.computeSeconds.startTimer({ plugin });
    const signal = AbortSignal.any([this.signal, AbortSignal.timeout(leftMs)]);
    const { result, witness } = await this.parts.compute(plugin, task.input, signal);
    timer();
    const { digest } = createPlugin({
      plugin,
      avs_id: avs.avs_id,
      chain_id: avs.chain_id,
      avs: avs.avs,
      source: { signature: avs.response.signature },
    }).responseDigest(task.task_id, result);
    return { computed: { result, witness }, digest };
  }

  async #sign({ task, award: own, deliver_by_ms, avs, computed, digest }: Work): Promise<Signed> {
    const message = attest({
      line_id: own.award.message.line_id,
      award_root: own.award.message.award_root,
      task,
      avs,
      computed,
      response_digest: digest,
      salt: toHex(this.parts.random(32)),
      nowMs: BigInt(this.parts.clock.nowMs()),
      seq: await this.parts.store.nextSeq(),
    });
    return this.#keep(message, computed, {
      ...placeIn(task.task_id, own.award),
      avs_id: avs.avs_id,
      deliver_by_ms,
      units: own.leaves.length,
      fee_wei: own.leaves.reduce((sum, { fee_wei }) => sum + fee_wei, 0n),
    });
  }

  /** A relay that refused a sequence number kept nothing, so the same payload may be signed under a higher one. */
  async #signAgain({ record, delivery }: Signed): Promise<Signed> {
    const { message, ...computed } = delivery;
    return this.#keep({ ...message, seq: await this.parts.store.nextSeq() }, computed, record);
  }

  async #keep(
    message: Attestation,
    { result, witness }: Computed,
    facts: Omit<DeliveryRecord, 'attestation' | 'state'>,
  ): Promise<Signed> {
    const delivery = signDelivery(this.parts.key, message, { result, witness }, this.session.context);
    const attestation = { message, signature: delivery.signature };
    const record: DeliveryRecord = { ...facts, attestation, state: 'signed' };
    await this.parts.store.putSigned(this.session.relayRoot, record, delivery);
    return { record, delivery };
  }

  async #resend(record: DeliveryRecord): Promise<void> {
    const delivery = await this.parts.store.payload(this.session.relayRoot, record);
    if (!delivery) throw new Error(`the payload of ${record.task_id} is not in the store`);
    await this.#bring(await this.#inLane(() => this.#attempt({ record, delivery })));
  }

  /** Goes on until the relay has answered for good or the window is over: with the same bytes while it may know them. */
  async #bring(first: Attempt): Promise<void> {
    let { signed, outcome } = first;
    for (let tries = 0; outcome !== 'settled'; tries++) {
      if (this.parts.clock.nowMs() > Number(signed.record.deliver_by_ms) + LAST_TRY_MS) {
        return this.#settle({ ...signed.record, state: 'expired', reason: 'no answer before deliver_by_ms' });
      }
      const last = signed;
      const stale = outcome === 'stale';
      if (!stale) await sleep(backoffMs(tries, RETRY), this.signal);
      ({ signed, outcome } = await this.#inLane(async () => this.#attempt(stale ? await this.#signAgain(last) : last)));
    }
  }

  #inLane<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#lane.then(work);
    this.#lane = mine.catch(() => undefined);
    return mine;
  }

  async #attempt(signed: Signed): Promise<Attempt> {
    const { record, delivery } = signed;
    const options = { body: delivery, ssz: true, signal: this.signal, timeoutMs: ATTEMPT_MS };
    try {
      const receipt = await this.session.client.data(routes.deliver, options);
      this.#check(receipt, delivery);
      await this.#settle({ ...record, state: 'delivered', receipt });
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal.outcome !== 'settled') return { signed, outcome: refusal.outcome };
      await this.#settle({ ...record, state: 'refused', reason: refusal.reason });
    }
    return { signed, outcome: 'settled' };
  }

  #check(receipt: SignedReceipt, { message }: Delivery): void {
    const subject = {
      kind: 'delivery',
      subject_root: Attestation.root(message),
      signer: this.parts.key.pubkey,
      auction_id: message.auction_id,
    } as const;
    checkReceipt(receipt, subject, this.session);
    this.parts.receipts.keep(receipt);
  }

  async #settle(record: DeliveryRecord): Promise<void> {
    await this.parts.store.putSettled(this.session.relayRoot, record);
    const { task_id, state, reason, units } = record;
    this.parts.metrics.deliveries.inc({ outcome: state });
    this.parts.logger[state === 'delivered' ? 'info' : 'warn']({ task_id, units, reason }, `task ${state}`);
  }
}

interface Work {
  task: TaskInfo;
  award: AwardWithLeaves;
  /** The last moment at which the relay takes it. */
  deliver_by_ms: bigint;
  avs: AvsInfo;
  computed: Computed;
  digest: Hex;
}

interface Signed {
  record: DeliveryRecord;
  delivery: Delivery;
}

/** How one attempt ended: answered for good, unheard, or refused for its sequence number only. */
interface Attempt {
  signed: Signed;
  outcome: 'settled' | 'again' | 'stale';
}

function placeIn(task_id: Hex, { message: { role } }: SignedAward): DeliveryPlace {
  return { task_id, role };
}

/** A standby may deliver through the grace after the switch. */
function lastMoment(task: TaskInfo, { award }: AwardWithLeaves, avs: AvsInfo): bigint {
  return award.message.role === AwardRole.primary ? task.deliver_by_ms : task.deliver_by_ms + avs.windows_ms.grace;
}

/** What a failed attempt means: try again, sign again, or the relay's final refusal. */
function refusalOf(error: unknown): { outcome: Attempt['outcome']; reason?: string } {
  if (error instanceof ProofInvalid) return { outcome: 'settled', reason: `RECEIPT_INVALID: ${error.message}` };
  if (!(error instanceof RelayError)) throw error;
  if (error.isTransient || error.status === undefined) return { outcome: 'again' };
  if (error.code === 'DELIVERY_SEQ_STALE') return { outcome: 'stale' };
  return { outcome: 'settled', reason: error.code };
}
