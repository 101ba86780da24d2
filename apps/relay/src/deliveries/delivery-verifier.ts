import { Inject, Injectable } from '@nestjs/common';
import { VerificationThread } from '@odf/avs';
import { LiveStore } from '@odf/live-store';
import {
  AwardsRepository,
  DeliveriesRepository,
  inTransaction,
  TasksRepository,
  type DeliveryRecord,
  type TaskRecord,
} from '@odf/persistence';
import { Header, SignedHeader, type Hex } from '@odf/protocol';
import { type Clock } from '@odf/telemetry';
import type { Logger } from 'pino';
import { DataSource } from 'typeorm';
import { AvsRegistry } from '../core/avs-registry.js';
import { Escrow } from '../core/escrow.js';
import { headerOf, headerTopic } from '../core/header.js';
import { RelaySigner } from '../core/relay-signer.js';
import { Ticker } from '../core/ticker.js';
import { EventsService } from '../events/events.service.js';
import { ReputationService } from '../reputation/reputation.service.js';
import { RelayMetrics } from '../relay.metrics.js';
import { CLOCK, LOGGER, RANDOM_BYTES, type RandomBytes } from '../relay.tokens.js';
import { DeliveriesService } from './deliveries.service.js';

const AT_MOST_MS = 1000;
const MAX_DELIVERIES = 64;

/** Checks deliveries in escrow; a good one gets its header, a bad one costs reputation and may be replaced. */
@Injectable()
export class DeliveryVerifier {
  readonly #ticker: Ticker;

  constructor(
    private readonly database: DataSource,
    private readonly registry: AvsRegistry,
    private readonly tasks: TasksRepository,
    private readonly awards: AwardsRepository,
    private readonly deliveries: DeliveriesRepository,
    arrivals: DeliveriesService,
    private readonly escrow: Escrow,
    private readonly thread: VerificationThread,
    private readonly signer: RelaySigner,
    private readonly events: EventsService,
    private readonly reputation: ReputationService,
    private readonly liveStore: LiveStore,
    private readonly metrics: RelayMetrics,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(RANDOM_BYTES) private readonly random: RandomBytes,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.#ticker = new Ticker({
      pass: () => this.pass(),
      atMostMs: AT_MOST_MS,
      onError: (error) => logger.error({ err: error }, 'checking deliveries failed and is tried again'),
    });
    arrivals.onArrival(() => this.#ticker.nudge());
  }

  start(): void {
    for (const { config, plugin } of this.registry.all()) {
      const wanted = plugin.workload.meta.class === 'intensive' && config.verification === 'before';
      if (wanted) this.thread.warmUp(config.plugin);
    }
    this.#ticker.start();
  }

  /** Lets the current pass finish and starts no other. */
  async stop(): Promise<void> {
    await this.#ticker.stop();
    await this.thread.close();
  }

  /** Checks all deliveries that wait. */
  async pass(): Promise<number> {
    const waiting = await this.deliveries.received(MAX_DELIVERIES);
    for (const delivery of waiting) await this.#check(delivery);
    return waiting.length === MAX_DELIVERIES ? 0 : AT_MOST_MS;
  }

  async #check(delivery: DeliveryRecord): Promise<void> {
    const task = (await this.tasks.find(delivery.taskId))!;
    const { config } = this.registry.get(task.avsId);
    const begin = performance.now();
    const verdict = await this.#verdictOn(delivery, task);
    this.metrics.verification.observe({ avs: config.name }, (performance.now() - begin) / 1000);
    const state = verdict === 'OK' ? 'verified' : 'refused';
    if (!(await (state === 'verified' ? this.#accept(delivery, task) : this.#refuse(delivery, task, verdict)))) return;
    this.metrics.deliveries.inc({ avs: config.name, state });
  }

  /** 'OK', or why nobody may be offered this payload. */
  async #verdictOn(delivery: DeliveryRecord, task: TaskRecord): Promise<string> {
    const { config, plugin } = this.registry.get(task.avsId);
    const ciphertext = await this.deliveries.ciphertext(delivery.ciphertextRoot);
    const payload = this.escrow.payloadOf(delivery, ciphertext!);
    const { message } = this.escrow.attestationOf(delivery);
    if (plugin.responseDigest(task.taskId, payload.result).digest !== message.response_digest) return 'DIGEST_MISMATCH';
    if (config.verification === 'off') return 'OK';
    const input = await this.tasks.inputOf(task.taskId);
    const options = { seed: this.random(32), level: 'full' } as const;
    const verdict = await this.thread.verify(config.plugin, input!, payload, options);
    return verdict.ok ? 'OK' : verdict.code;
  }

  async #accept(delivery: DeliveryRecord, task: TaskRecord): Promise<boolean> {
    const header = this.signer.sign(Header, headerOf(delivery, task));
    const accepted = await inTransaction(this.database, async (runner) => {
      const judged = {
        state: 'verified' as const,
        verdict: 'OK',
        headerSignature: header.signature,
        atMs: this.clock.nowMs(),
      };
      if (!(await this.deliveries.judge(runner, delivery, judged))) return false;
      await this.events.append(runner, [{ topic: 'header_available', data: SignedHeader.toJson(header) }]);
      return true;
    });
    if (!accepted) return false;
    await this.liveStore.publish(headerTopic(delivery.taskId), delivery.coprocessor);
    await this.events.wake();
    return true;
  }

  async #refuse(delivery: DeliveryRecord, task: TaskRecord, verdict: string): Promise<boolean> {
    return inTransaction(this.database, async (runner) => {
      const judged = { state: 'refused' as const, verdict, headerSignature: null, atMs: this.clock.nowMs() };
      if (!(await this.deliveries.judge(runner, delivery, judged))) return false;
      const owner = await this.#ownerOf(delivery);
      await this.reputation.record(
        {
          coprocessor: delivery.coprocessor,
          owner,
          avs_id: task.avsId,
          task_id: task.taskId,
          kind: 'invalid',
          attribution: 'coprocessor',
          evidence: {
            ...{ auction_id: delivery.auctionId, role: String(delivery.role) },
            ...{ attestation_root: delivery.attestationRoot, verdict },
          },
          at_ms: this.clock.nowMs(),
        },
        runner,
      );
      return true;
    });
  }

  async #ownerOf({ auctionId, coprocessor }: DeliveryRecord): Promise<Hex> {
    const [award] = await this.awards.ofAuction(auctionId, coprocessor);
    return award!.owner;
  }
}
