import { backoffMs, RelayError, sleep, type RelayEvent } from '@odf/client';
import { routes, type Hex, type Topic, type ValidatorAuction } from '@odf/protocol';
import { workloadOf } from '@odf/avs';
import type { Clock } from '@odf/telemetry';
import type { Logger } from 'pino';
import type { AwardBook } from './award-book.js';
import { enrolValidator, type EnrolDeps } from './enrol.js';
import type { Validator } from './keys.js';
import type { AvsChoice } from './policy.js';
import { checkAvsInfo } from './relay-check.js';
import type { RelaySession } from './relay-session.js';
import type { Store } from './store.js';
import type { TaskRegistry } from './task-registry.js';

/** What following a relay needs. */
export interface FollowDeps {
  store: Store;
  clock: Clock;
  log: Logger;
  awards: AwardBook;
  tasks: TaskRegistry;
  validators: readonly Validator[];
  enrol: EnrolDeps;
  /** Between polls when no event wakes the sidecar, milliseconds. */
  pollMs: number;
  /** Between looks at /info, /avs and enrollments, milliseconds. */
  refreshMs: number;
}

const TOPICS: Topic[] = ['auction_cleared', 'task_announced', 'header_available'];
const CLEARED: readonly ValidatorAuction['state'][] = ['cleared', 'running', 'finished'];

/** Follows one relay until the signal: keeps it enrolled, learns of awards and begins their tasks. */
export class RelayFollower {
  #wake = new AbortController();
  #refreshedMs = -Infinity;
  /** By auction and validator: how many tasks it had when its awards were last fetched. */
  readonly #seen = new Map<string, number>();

  constructor(
    private readonly session: RelaySession,
    private readonly deps: FollowDeps,
    private readonly signal: AbortSignal,
  ) {}

  /** Polls, and listens to events that make the next poll come at once. */
  async run(): Promise<void> {
    await Promise.all([this.#poll(), this.#listen()]);
  }

  async #poll(): Promise<void> {
    for (let failures = 0; !this.signal.aborted;) {
      this.#wake = new AbortController();
      const worked = await this.#round();
      failures = worked ? 0 : failures + 1;
      const pauseMs = worked ? this.deps.pollMs : backoffMs(failures, { maxMs: 15_000 }, this.deps.pollMs);
      // Either a signal ends the pause early: an event, or the end.
      await sleep(pauseMs, AbortSignal.any([this.signal, this.#wake.signal])).catch(() => undefined);
    }
  }

  /** One look at the relay; returns whether it answered. */
  async #round(): Promise<boolean> {
    const startedMs = this.deps.clock.nowMs();
    try {
      if (!(await this.#refresh())) return false;
      for (const validator of this.deps.validators) await this.#lookAt(validator);
      this.session.lookedAtMs = startedMs;
      return true;
    } catch (error) {
      if (this.signal.aborted) return false;
      if (!(error instanceof RelayError)) throw error;
      this.deps.log.warn({ relay: this.session.origin, code: error.code, detail: error.message }, 'relay failed');
      return false;
    }
  }

  async #refresh(): Promise<boolean> {
    const now = this.deps.clock.nowMs();
    const due = now - this.#refreshedMs >= this.deps.refreshMs;
    if (this.session.state === 'ready' && !due) return true;
    if (!(await this.session.connect(this.signal))) {
      const { origin, state, reason } = this.session;
      this.deps.log.warn({ relay: origin, state, reason }, 'relay is not worked with');
      return false;
    }
    for (const validator of this.deps.validators) await enrolValidator(this.session, validator, this.deps.enrol);
    this.session.enrolled = true;
    this.#refreshedMs = now;
    return true;
  }

  async #lookAt(validator: Validator): Promise<void> {
    const query = { pubkey: validator.pubkey, limit: 100 };
    const auctions = await this.#auctionsOf(query);
    for (const auction of auctions) {
      const choice = validator.avs.get(auction.avs_id);
      if (choice?.enabled && CLEARED.includes(auction.state)) await this.#learn(validator, choice, auction);
    }
  }

  async #auctionsOf(query: { pubkey: Hex; limit: number }): Promise<ValidatorAuction[]> {
    try {
      return await this.session.client.data(routes.validatorAuctions, { query, signal: this.signal });
    } catch (error) {
      if (error instanceof RelayError && error.code === 'VALIDATOR_UNKNOWN') return [];
      throw error;
    }
  }

  async #learn(validator: Validator, choice: AvsChoice, auction: ValidatorAuction): Promise<void> {
    const avs = this.session.avs(auction.avs_id);
    if (!avs || !choice.trust || checkAvsInfo(avs, choice)) return;
    const seen = `${auction.auction_id}!${validator.pubkey}`;
    const over = auction.tasks.every(({ commit_by_ms }) => Number(commit_by_ms) <= this.deps.clock.nowMs());
    if (this.#seen.get(seen) === auction.tasks.length || (over && auction.state === 'finished')) return;
    const open = await this.deps.awards.learn(this.session, validator, auction, avs, choice.trust, this.signal);
    this.#seen.set(seen, auction.tasks.length);
    const { avs_id, verify } = choice;
    for (const task of open) {
      await this.deps.tasks.begin({ ...task, validator: validator.pubkey, avs_id, verify, step: 'waiting' });
    }
  }

  async #listen(): Promise<void> {
    const lastEventId = await this.deps.store.get('cursor', this.session.pubkey);
    const { signal } = this;
    while (!signal.aborted) {
      try {
        for await (const event of this.session.client.events(TOPICS, { signal, lastEventId })) await this.#take(event);
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof RelayError)) throw error;
        this.deps.log.warn({ relay: this.session.origin, code: error.code }, 'no events from the relay; polling only');
        await sleep(this.deps.refreshMs, signal).catch(() => undefined);
      }
    }
  }

  async #take({ id, topic, data }: RelayEvent): Promise<void> {
    this.#wake.abort();
    if (topic !== 'task_announced') return;
    await this.#beginLightweight(data);
    if (id !== undefined) await this.deps.store.put('cursor', [this.session.pubkey], id);
  }

  /** A Lightweight AVS's task needs no award: every validator that opted in computes it. */
  async #beginLightweight(data: unknown): Promise<void> {
    const { task_id, avs_id } = (data ?? {}) as { task_id?: unknown; avs_id?: unknown };
    if (!isRoot(task_id) || !isRoot(avs_id)) return;
    for (const validator of this.deps.validators) {
      const choice = validator.avs.get(avs_id);
      if (!choice?.enabled || workloadOf(choice.plugin).meta.class !== 'lightweight') continue;
      const begun = { validator: validator.pubkey, avs_id, task_id, verify: choice.verify, commit_by_ms: 0 };
      await this.deps.tasks.begin({ ...begun, step: 'computing', relay: this.session.pubkey });
    }
  }
}

function isRoot(value: unknown): value is Hex {
  return typeof value === 'string' && /^0x[0-9a-f]{64}$/.test(value);
}
