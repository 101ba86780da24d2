import { Inject, Injectable } from '@nestjs/common';
import { SignatureVerifier } from '@odf/bls';
import {
  AwardsRepository,
  DeliveriesRepository,
  inTransaction,
  SwitchesRepository,
  TasksRepository,
  type AwardRecord,
  type DeliveryRecord,
  type QueryRunnerLike,
  type TaskRecord,
} from '@odf/persistence';
import {
  Attestation,
  AwardRole,
  keyRoot,
  OdfError,
  ReceiptKind,
  type Delivery,
  type Hex,
  type Receipt,
  type SignedReceipt,
} from '@odf/protocol';
import { type Clock } from '@odf/telemetry';
import { DataSource } from 'typeorm';
import { AvsRegistry } from '../core/avs-registry.js';
import { Escrow } from '../core/escrow.js';
import { RelaySigner } from '../core/relay-signer.js';
import { ReceiptsService } from '../receipts/receipts.service.js';
import { ReputationService } from '../reputation/reputation.service.js';
import { RelayMetrics } from '../relay.metrics.js';
import { CLOCK } from '../relay.tokens.js';
import { assertPayload, assertTask, assertTimes, deliverBy } from './delivery.rules.js';

/** Takes deliveries into escrow, and judges who delivered when a task's windows are over. */
@Injectable()
export class DeliveriesService {
  #arrived: () => void = () => undefined;

  constructor(
    private readonly database: DataSource,
    private readonly registry: AvsRegistry,
    private readonly tasks: TasksRepository,
    private readonly awards: AwardsRepository,
    private readonly deliveries: DeliveriesRepository,
    private readonly switches: SwitchesRepository,
    private readonly verifier: SignatureVerifier,
    private readonly signer: RelaySigner,
    private readonly escrow: Escrow,
    private readonly receipts: ReceiptsService,
    private readonly reputation: ReputationService,
    private readonly metrics: RelayMetrics,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Calls `listener` after each delivery that arrives here. */
  onArrival(listener: () => void): void {
    this.#arrived = listener;
  }

  /**
   * Puts a payload in escrow and returns its durable receipt; the same bytes again get the same one, however late.
   *
   * @throws {OdfError} TASK_UNKNOWN, SIGNATURE_INVALID, DELIVERY_….
   */
  async deliver(delivery: Delivery): Promise<SignedReceipt> {
    const { message, signature } = delivery;
    const task = await this.tasks.find(message.task_id);
    if (!task) throw new OdfError('TASK_UNKNOWN');
    const { config, plugin } = this.registry.get(task.avsId);
    const award = await this.awards.findByRoot(message.auction_id, message.award_root, message.line_id);
    if (!award) throw new OdfError('AWARD_UNKNOWN');
    const { coprocessor, role } = award.award.message;
    const signingRoot = this.signer.signingRoot(Attestation, message);
    if (!(await this.verifier.verify({ pubkey: coprocessor, signingRoot, signature }))) {
      throw new OdfError('SIGNATURE_INVALID', 'The attestation is not signed by the holder of its award.');
    }
    assertPayload(delivery, plugin.workload.meta.limits);
    assertTask(message, task);
    const attestationRoot = Attestation.root(message);
    const known = await this.deliveries.find(task.taskId, { coprocessor, role });
    if (known?.attestationRoot === attestationRoot) return this.#receiptOf(known);
    assertTimes(message, task, this.clock.nowMs(), config.claim_tail_ms);
    const stored = await this.#store(delivery, { task, award, attestationRoot });
    this.metrics.deliveries.inc({ avs: config.name, state: 'received' });
    this.metrics.deliveryLead.observe({ avs: config.name }, (stored.atMs - (task.announcedAtMs ?? 0)) / 1000);
    this.#arrived();
    return this.#receiptOf(stored);
  }

  async #store(
    delivery: Delivery,
    about: { task: TaskRecord; award: AwardRecord; attestationRoot: Hex },
  ): Promise<
    Pick<DeliveryRecord, 'batchId' | 'batchIndex' | 'atMs' | 'auctionId' | 'attestationRoot' | 'coprocessor'>
  > {
    const { task, award, attestationRoot } = about;
    const { coprocessor, role, auction_id: auctionId } = award.award.message;
    const { message, signature, result, witness } = delivery;
    const place = { taskId: task.taskId, coprocessor, attestationRoot };
    const escrowed = this.escrow.deposit(place, { message, signature }, { result, witness });
    return inTransaction(this.database, async (runner) => {
      await this.deliveries.lockCoprocessor(runner, coprocessor);
      const known = await this.deliveries.find(task.taskId, { coprocessor, role }, runner);
      if (known?.attestationRoot === attestationRoot) return known;
      if (known && known.state !== 'refused') throw new OdfError('DELIVERY_FINAL');
      const atMs = this.clock.nowMs();
      const isLate = atMs > deliverBy(task, award) || (await this.#isSwitchedFrom(runner, task, award));
      if (isLate) throw new OdfError('DELIVERY_TOO_LATE');
      if (message.seq <= (await this.deliveries.highestSeq(runner, coprocessor)))
        throw new OdfError('DELIVERY_SEQ_STALE');
      const [receiptPlace] = await this.receipts.issue(runner, [
        receiptOf({ auctionId, attestationRoot, coprocessor, atMs }),
      ]);
      const record = {
        ...place,
        ...escrowed,
        ...receiptPlace!,
        auctionId,
        role,
        seq: message.seq,
        ciphertextSize: escrowed.ciphertext.length,
        atMs,
      };
      await this.deliveries.upsert(runner, record);
      return record;
    });
  }

  /** Once the standby serves, the primary's delivery comes too late, whatever this instance's clock says. */
  #isSwitchedFrom(runner: QueryRunnerLike, task: TaskRecord, { award }: AwardRecord): Promise<boolean> {
    const { role, coprocessor } = award.message;
    return role === AwardRole.primary ? this.switches.has(task.taskId, coprocessor, runner) : Promise.resolve(false);
  }

  #receiptOf(
    delivery: Pick<DeliveryRecord, 'batchId' | 'batchIndex' | 'atMs' | 'auctionId' | 'attestationRoot' | 'coprocessor'>,
  ): Promise<SignedReceipt> {
    return this.receipts.signedReceipt(receiptOf(delivery), delivery);
  }

  /**
   * Records, in the transaction that settles a task, who delivered in time and who withheld: every primary, and the standbys of
   * those that it was handed over from.
   */
  async judgeTask(
    runner: QueryRunnerLike,
    task: TaskRecord,
    standbysOf: (primary: Hex) => ReadonlySet<Hex>,
  ): Promise<void> {
    const awards = await this.awards.ofAuction(task.auctionId!);
    const deliveries = await this.deliveries.ofTask(task.taskId, runner);
    const called = new Set(
      [...(await this.switches.ofTask(task.taskId, runner))].flatMap((one) => [...standbysOf(one)]),
    );
    for (const { award, owner } of awards) {
      const { coprocessor, role } = award.message;
      if (role === AwardRole.standby && !called.has(coprocessor)) continue;
      const delivery = deliveries.find((one) => one.coprocessor === coprocessor && one.role === role);
      const kind = delivery?.state === 'verified' ? 'delivered' : 'withheld';
      const dueMs = role === AwardRole.primary ? task.deliverByMs : task.switchUntilMs;
      await this.reputation.record(
        {
          coprocessor,
          owner,
          avs_id: task.avsId,
          task_id: task.taskId,
          kind,
          attribution: 'coprocessor',
          evidence: {
            auction_id: task.auctionId,
            role: String(role),
            deliver_by_ms: String(dueMs),
            ...(delivery && { at_ms: String(delivery.atMs), state: delivery.state }),
          },
          at_ms: this.clock.nowMs(),
        },
        runner,
      );
    }
  }
}

function receiptOf(delivery: { auctionId: Hex; attestationRoot: Hex; coprocessor: Hex; atMs: number }): Receipt {
  return {
    kind: ReceiptKind.delivery,
    auction_id: delivery.auctionId,
    subject_root: delivery.attestationRoot,
    signer_root: keyRoot(delivery.coprocessor),
    seq: 0n,
    at_ms: BigInt(delivery.atMs),
  };
}
