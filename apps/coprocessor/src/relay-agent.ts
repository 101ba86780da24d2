import { routes, type AvsInfo, type CoprocessorAuction } from '@odf/protocol';
import { isPluginName } from '@odf/avs';
import { backoffMs, RelayError, Wakeup, type RelayClient } from '@odf/client';
import { Awards } from './awards.js';
import { Bidder } from './bidder.js';
import { Deliveries } from './delivery.js';
import {
  chooseLine,
  openSession,
  viewRelay,
  WrongRelay,
  type CoprocessorParts,
  type RelaySession,
  type RelayView,
} from './session.js';
import type { AwardRecord } from './store.js';
import { strategyFor } from './strategy.js';

/** Events wake the agent; this often it looks anyway. */
const POLL_MS = 2_000;
/** How often lines and AVSs are asked for again. */
const VIEW_MS = 15_000;
const RECENT_AUCTIONS = 20;
const TOPICS = ['auction_opened', 'auction_cleared', 'task_announced'] as const;

/** How an agent stands with its relay. */
export type AgentState = 'connecting' | 'no cover line' | 'warming up' | 'ready' | 'wrong relay';

/** Serves one relay: bids, learns awards, delivers tasks, until aborted. */
export class RelayAgent {
  state: AgentState = 'connecting';
  /** Why the last round failed; undefined after a good one. */
  problem: string | undefined;
  view: RelayView | undefined;
  session: RelaySession | undefined;
  readonly #wakeup = new Wakeup();
  #viewedAtMs = Number.NEGATIVE_INFINITY;
  readonly #warm = new Map<string, boolean>();

  constructor(
    readonly client: RelayClient,
    private readonly parts: CoprocessorParts,
  ) {}

  /** Runs until aborted; failures of the relay are retried for ever, a wrong key ends it. */
  async run(signal: AbortSignal): Promise<void> {
    const session = await this.#connect(signal);
    if (!session) return;
    this.session = session;
    const duties = {
      bidder: new Bidder(session, this.parts),
      awards: new Awards(session, this.parts),
      deliveries: new Deliveries(session, this.parts, signal),
    };
    await duties.deliveries.resume();
    const listening = this.#listen(session, signal);
    for (let failures = 0; !signal.aborted;) {
      const ok = await this.#round(session, duties);
      failures = ok ? 0 : failures + 1;
      await this.#wakeup.pause(ok ? POLL_MS : backoffMs(failures, { baseMs: 200, maxMs: POLL_MS }), signal);
    }
    await Promise.all([listening, duties.deliveries.idle()]);
  }

  async #connect(signal: AbortSignal): Promise<RelaySession | undefined> {
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        return await openSession(this.client);
      } catch (error) {
        this.#failed(error);
        if (error instanceof WrongRelay) {
          this.state = 'wrong relay';
          return undefined;
        }
        await this.#wakeup.pause(backoffMs(attempt, { maxMs: POLL_MS }), signal);
      }
    }
    return undefined;
  }

  async #round(session: RelaySession, duties: Duties): Promise<boolean> {
    try {
      const view = await this.#look(session);
      for (const avs of view.avss) await this.#serve(session, avs, view, duties);
      this.problem = undefined;
      return true;
    } catch (error) {
      this.#failed(error);
      return false;
    }
  }

  async #look(session: RelaySession): Promise<RelayView> {
    const now = this.parts.clock.nowMs();
    if (this.state !== 'ready' || !this.view || now - this.#viewedAtMs >= VIEW_MS) {
      this.view = await viewRelay(session, this.parts.key.pubkey);
      this.#viewedAtMs = now;
    }
    const { avss, coprocessor } = this.view;
    const wanted = avss.filter((avs) => strategyFor(this.parts.strategy, avs));
    const warm = wanted.filter(({ plugin }) => this.#isWarm(plugin.id)).length === wanted.length;
    this.state = coprocessor.lines.length === 0 ? 'no cover line' : warm ? 'ready' : 'warming up';
    return this.view;
  }

  /** Whether a workload may be bid for: what it needs is loaded, so that its first task is not late. */
  #isWarm(plugin: string): boolean {
    if (!this.#warm.has(plugin) && isPluginName(plugin)) {
      this.#warm.set(plugin, false);
      this.parts.warmUp(plugin).then(
        () => {
          this.#warm.set(plugin, true);
          this.#wakeup.wake();
        },
        (error: unknown) => {
          this.#warm.delete(plugin);
          this.#failed(error);
        },
      );
    }
    return this.#warm.get(plugin) ?? false;
  }

  async #serve(session: RelaySession, avs: AvsInfo, view: RelayView, duties: Duties): Promise<void> {
    const strategy = strategyFor(this.parts.strategy, avs);
    if (!strategy) return;
    const warm = this.#isWarm(avs.plugin.id);
    const auctions = await session.client.data(routes.coprocessorAuctions, {
      query: { avs_id: avs.avs_id, limit: RECENT_AUCTIONS },
    });
    const nowMs = BigInt(this.parts.clock.nowMs());
    this.parts.capacity.expire(nowMs);
    const lines = view.coprocessor.lines.filter(({ avs_id }) => avs_id === null || avs_id === avs.avs_id);
    for (const auction of auctions) {
      if (!isWorth(auction, nowMs)) continue;
      const award = await duties.awards.learn(auction, avs, lines);
      if (award?.state === 'won') this.#takeOn(auction, avs, award, strategy.tasks_per_second, duties, nowMs);
    }
    const named = strategy.line_ids[session.pubkey];
    const kept = named ? [named] : this.parts.keptLines(session.relayRoot, avs.avs_id);
    const line = chooseLine(lines, kept, nowMs);
    if (line && warm) await duties.bidder.update({ avs, strategy, auctions, line });
  }

  #takeOn(
    auction: CoprocessorAuction,
    avs: AvsInfo,
    award: AwardRecord,
    rate: number,
    { deliveries }: Duties,
    nowMs: bigint,
  ): void {
    this.parts.capacity.set(`term ${auction.auction_id}`, {
      units: award.awards.reduce((sum, { leaves }) => sum + leaves.length, 0),
      tasks_per_second: rate,
      from_ms: auction.term_start_ms,
      to_ms: auction.term_end_ms,
    });
    for (const task of auction.tasks) {
      if (task.deliver_by_ms + avs.windows_ms.grace > nowMs) deliveries.take(task.task_id, award, avs);
    }
  }

  async #listen({ client }: RelaySession, signal: AbortSignal): Promise<void> {
    try {
      for await (const { topic } of client.events(TOPICS, { signal })) {
        this.parts.logger.debug({ topic }, 'event');
        this.#wakeup.wake();
      }
    } catch (error) {
      // Without events the agent still polls.
      if (!signal.aborted) this.parts.logger.warn({ err: error }, 'no events from this relay');
    }
  }

  #failed(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    const unregistered = error instanceof RelayError && error.code === 'COPROCESSOR_UNKNOWN';
    if (unregistered) this.state = 'no cover line';
    if (this.problem === message) return;
    this.problem = message;
    const { logger } = this.parts;
    const expected = error instanceof RelayError || error instanceof WrongRelay;
    logger[expected ? 'warn' : 'error'](
      expected ? { relay: this.client.url.origin, reason: message } : { err: error },
      'relay not served',
    );
  }
}

/** Cleared, and its term not over or one of its last tasks still to be delivered. */
function isWorth({ state, tasks }: CoprocessorAuction, nowMs: bigint): boolean {
  if (state === 'finished') return tasks.some(({ deliver_by_ms }) => deliver_by_ms > nowMs);
  return state === 'cleared' || state === 'running';
}

interface Duties {
  bidder: Bidder;
  awards: Awards;
  deliveries: Deliveries;
}
