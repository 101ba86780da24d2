import { Inject, Injectable } from '@nestjs/common';
import { AuctionsRepository, inTransaction, TasksRepository, type AuctionRecord } from '@odf/persistence';
import type { AuctionState } from '@odf/protocol';
import { type Clock } from '@odf/telemetry';
import type { Logger } from 'pino';
import { DataSource } from 'typeorm';
import { AvsRegistry, type ServedAvs } from '../core/avs-registry.js';
import { Ticker } from '../core/ticker.js';
import { RelayMetrics } from '../relay.metrics.js';
import { CLOCK, LOGGER } from '../relay.tokens.js';
import { TasksService } from '../tasks/tasks.service.js';
import { AuctionClearer } from './auction-clearer.js';
import { AuctionFreezer } from './auction-freezer.js';
import { AuctionOpener } from './auction-opener.js';
import { planTaskAuction, planTermAuction } from './auction-plan.js';

const LIVE: readonly AuctionState[] = ['open', 'frozen', 'cleared', 'running'];
/** Another instance's changes show within this many ms even without a wake-up. */
const AT_MOST_MS = 500;
const MAX_TASKS = 1000;

/**
 * Moves auctions and tasks on when they are due.
 *
 * Every step is a transaction that looks again under a lock, so that any number of instances may do this at once, and one that
 * dies in the middle leaves work that the next pass finds.
 */
@Injectable()
export class AuctionsScheduler {
  readonly #ticker: Ticker;

  constructor(
    private readonly database: DataSource,
    private readonly registry: AvsRegistry,
    private readonly auctions: AuctionsRepository,
    private readonly taskRows: TasksRepository,
    private readonly tasks: TasksService,
    private readonly opener: AuctionOpener,
    private readonly freezer: AuctionFreezer,
    private readonly clearer: AuctionClearer,
    private readonly metrics: RelayMetrics,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.#ticker = new Ticker({
      pass: () => this.pass(),
      atMostMs: AT_MOST_MS,
      onError: (error) => logger.error({ err: error }, 'moving auctions on failed and is tried again'),
    });
    this.tasks.onArrival(() => this.#ticker.nudge());
  }

  start(): void {
    this.#ticker.start();
  }

  /** Lets the current pass finish and starts no other. */
  stop(): Promise<void> {
    return this.#ticker.stop();
  }

  /** Does all that is due, and returns in how many ms something is due next. */
  async pass(): Promise<number> {
    const waits = [AT_MOST_MS];
    const failures: unknown[] = [];
    for (const avs of this.registry.all()) {
      try {
        waits.push(await this.#advance(avs));
      } catch (error) {
        // What is broken in one AVS must not keep the others waiting.
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures.length === 1 ? failures[0] : new AggregateError(failures);
    return Math.min(...waits);
  }

  async #advance(avs: ServedAvs): Promise<number> {
    const { avs_id: avsId } = avs.config;
    if (avs.plugin.workload.meta.class === 'lightweight') {
      await this.tasks.advance(avs, []);
      return AT_MOST_MS;
    }
    await this.#open(avs);
    for (const auction of await this.auctions.inStates(avsId, LIVE)) await this.#move(avs, auction);
    const live = await this.auctions.inStates(avsId, LIVE);
    await this.tasks.advance(avs, live);
    const nowMs = this.clock.nowMs();
    const due = [
      ...live.map(({ state, closesAtMs, termEndMs }) => (state === 'open' ? closesAtMs : termEndMs)),
      ...live.map(({ termEndMs }) => termEndMs - avs.config.windows_ms.bidding),
    ];
    return Math.min(AT_MOST_MS, ...due.filter((atMs) => atMs > nowMs).map((atMs) => atMs - nowMs));
  }

  async #open({ config }: ServedAvs): Promise<void> {
    const nowMs = this.clock.nowMs();
    if (config.mode === 'term') {
      const newest = await this.auctions.latest(config.avs_id, null);
      const plan = planTermAuction(config.avs_id, config.windows_ms, newest, nowMs);
      if (plan) await this.opener.open(plan, newest);
      return;
    }
    const live = new Set((await this.auctions.inStates(config.avs_id, LIVE)).map(({ taskId }) => taskId));
    for (const task of await this.taskRows.unsettled(config.avs_id, MAX_TASKS)) {
      if (task.state !== 'waiting' || live.has(task.taskId)) continue;
      const newest = await this.auctions.latest(config.avs_id, task.taskId);
      if (newest && LIVE.includes(newest.state)) continue;
      await this.opener.open(planTaskAuction(task, config.windows_ms, nowMs), newest);
    }
  }

  /** Moves one auction as far as it goes now. */
  async #move({ config }: ServedAvs, auction: AuctionRecord): Promise<void> {
    const { auctionId } = auction;
    if (auction.state === 'open' && auction.closesAtMs <= this.clock.nowMs()) await this.freezer.close(auctionId);
    let current = await this.auctions.find(auctionId);
    if (current?.state === 'frozen') {
      await this.clearer.clear(auctionId);
      current = await this.auctions.find(auctionId);
    }
    const nowMs = this.clock.nowMs();
    if (current?.state === 'cleared' && current.termStartMs <= nowMs)
      await this.#setState(config.name, current, 'running');
    else if (current?.state === 'running' && current.termEndMs <= nowMs && !(await this.taskRows.hasOpen(auctionId))) {
      await this.#setState(config.name, current, 'finished');
    }
  }

  async #setState(avs: string, { auctionId, state: from }: AuctionRecord, to: AuctionState): Promise<void> {
    const moved = await inTransaction(this.database, async (runner) => {
      const auction = (await this.auctions.lock(runner, [auctionId])).get(auctionId);
      if (auction?.state !== from) return false;
      await this.auctions.setState(runner, auctionId, to);
      return true;
    });
    if (moved) this.metrics.auctions.inc({ avs, state: to });
  }
}
