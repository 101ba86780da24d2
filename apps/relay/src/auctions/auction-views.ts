import { Inject, Injectable } from '@nestjs/common';
import { quantisePolicy, type PolicyClass } from '@odf/market';
import { AuctionsRepository, TasksRepository, type AuctionRecord, type TaskRecord } from '@odf/persistence';
import { CoprocessorAuction, TrustPolicy, type Hex } from '@odf/protocol';
import { type Clock } from '@odf/telemetry';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { AvsRegistry } from '../core/avs-registry.js';
import { EnrollmentsService } from '../enrollments/enrollments.service.js';
import { CLOCK } from '../relay.tokens.js';
import { readParameters } from './auction-parameters.js';
import { readClasses } from './stored-classes.js';

/** Most tasks that one auction shows. */
const MAX_TASKS = 500;
/** How long the demand of an open auction is reused, in ms. */
const DEMAND_TTL_MS = 2000;

/** The fields that all views of an auction share. */
export function auctionFields(auction: AuctionRecord) {
  return {
    id: auction.id,
    auction_id: auction.auctionId,
    avs_id: auction.avsId,
    round: auction.round,
    state: auction.state,
    opens_at_ms: BigInt(auction.opensAtMs),
    closes_at_ms: BigInt(auction.closesAtMs),
    term_start_ms: BigInt(auction.termStartMs),
    term_end_ms: BigInt(auction.termEndMs),
  };
}

/** A task as auctions list it. */
export function taskSummary(task: TaskRecord) {
  return {
    task_id: task.taskId,
    deliver_by_ms: BigInt(task.deliverByMs ?? 0),
    commit_by_ms: BigInt(task.commitByMs ?? 0),
    state: task.state,
  };
}

/** What coprocessors and the event stream see of auctions. */
@Injectable()
export class AuctionViews {
  readonly #openDemand = new LRUCache<Hex, { untilMs: number; classes: PolicyClass[] }>({ max: 64 });

  constructor(
    private readonly registry: AvsRegistry,
    private readonly auctions: AuctionsRepository,
    private readonly tasks: TasksRepository,
    private readonly enrollments: EnrollmentsService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Auctions with their demand and tasks. */
  async forCoprocessors(auctions: readonly AuctionRecord[]): Promise<CoprocessorAuction[]> {
    const ids = auctions.map(({ auctionId }) => auctionId);
    const [classes, tasks] = await Promise.all([this.auctions.classesOf(ids), this.tasksByAuction(ids)]);
    return Promise.all(
      auctions.map(async (auction) => {
        const stored = classes.get(auction.auctionId);
        const demand = stored === undefined ? await this.#demandOfOpen(auction) : readClasses(stored);
        return this.#view(auction, demand, tasks.get(auction.auctionId) ?? []);
      }),
    );
  }

  /** The wire JSON of an auction in events. */
  async eventData(auction: AuctionRecord): Promise<unknown> {
    return z.encode(CoprocessorAuction, this.#view(auction, await this.#demandOfOpen(auction), []));
  }

  /** Tasks of auctions, by auction, oldest first. */
  async tasksByAuction(auctionIds: readonly Hex[]): Promise<Map<Hex, TaskRecord[]>> {
    const byAuction = new Map<Hex, TaskRecord[]>();
    for (const task of await this.tasks.ofAuctions(auctionIds, MAX_TASKS)) {
      const list = byAuction.get(task.auctionId!) ?? [];
      list.push(task);
      byAuction.set(task.auctionId!, list);
    }
    return byAuction;
  }

  #view(auction: AuctionRecord, demand: readonly PolicyClass[], tasks: readonly TaskRecord[]): CoprocessorAuction {
    return {
      ...auctionFields(auction),
      mode: auction.mode,
      reward_ref_wei: readParameters(auction.parameters).reward_ref_wei,
      demand: demand.map(({ root, count, policy }) => ({ class_root: root, count, policy })),
      tasks: tasks.map(taskSummary),
    };
  }

  async #demandOfOpen(auction: AuctionRecord): Promise<PolicyClass[]> {
    if (auction.state === 'void' || !this.registry.has(auction.avsId)) return [];
    const nowMs = this.clock.nowMs();
    const known = this.#openDemand.get(auction.avsId);
    if (known && known.untilMs > nowMs) return known.classes;
    const { reward_ref_wei: rewardRefWei } = readParameters(auction.parameters);
    const byRoot = new Map<Hex, PolicyClass>();
    for (const { policy: exact, count } of await this.enrollments.demand(auction.avsId, nowMs)) {
      const policy = quantisePolicy(exact, rewardRefWei);
      const root = TrustPolicy.root(policy);
      const known = byRoot.get(root);
      byRoot.set(root, { index: 0, root, policy, count: count + (known?.count ?? 0) });
    }
    const classes = [...byRoot.values()];
    this.#openDemand.set(auction.avsId, { untilMs: nowMs + DEMAND_TTL_MS, classes });
    return classes;
  }
}
