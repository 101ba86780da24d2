import { Inject, Injectable } from '@nestjs/common';
import { ClaimsRepository, JobsRepository, JobWorkers, SlashesRepository, type JobHandler } from '@odf/persistence';
import { claimState, type Hex } from '@odf/protocol';
import type { Logger } from 'pino';
import { DataSource } from 'typeorm';
import { BaseError } from 'viem';
import { ChainTime } from '../core/chain-time.js';
import { reasonOf } from '../core/reason-of.js';
import { type RelayChain } from '../core/relay-chain.js';
import { RelayMetrics } from '../relay.metrics.js';
import { LOGGER, RELAY_CHAIN } from '../relay.tokens.js';
import { AnchorStep } from './anchor-step.js';
import { ClaimFollower } from './claim-follower.js';
import { ANCHOR, FILE, FINALISE, FOLLOW } from './claim-jobs.js';
import { FileStep } from './file-step.js';
import { FinaliseStep } from './finalise-step.js';
import { SlashRelease } from './slash-release.js';

/** Between two looks at the mirror while anything is open, ms. */
const FOLLOW_MS = 1_000;

/** Works on the jobs of slashes and claims, beside other instances that do. */
@Injectable()
export class ClaimsKeeper {
  readonly #workers: JobWorkers | null;

  constructor(
    private readonly database: DataSource,
    private readonly jobs: JobsRepository,
    private readonly claims: ClaimsRepository,
    private readonly slashes: SlashesRepository,
    private readonly follower: ClaimFollower,
    private readonly release: SlashRelease,
    private readonly time: ChainTime,
    private readonly metrics: RelayMetrics,
    anchor: AnchorStep,
    file: FileStep,
    finalise: FinaliseStep,
    @Inject(RELAY_CHAIN) chain: RelayChain | null,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    const handlers: Record<string, JobHandler> = {
      [ANCHOR]: (subject) => anchor.run(subject),
      [FILE]: (subject) => file.run(subject as Hex),
      [FINALISE]: (subject) => finalise.run(subject as Hex),
      [FOLLOW]: () => this.follow(),
    };
    const guarded = Object.entries(handlers).map(([task, handler]) => [task, withoutUrls(handler)] as const);
    const onFailure = (job: string): void => metrics.claimJobFailures.inc({ job });
    this.#workers =
      chain && new JobWorkers({ database, handlers: Object.fromEntries(guarded), log: logger, onFailure });
  }

  start(): void {
    if (!this.#workers) return;
    this.#workers.start();
    // What was open when the last process ended is followed, should its own job be lost.
    this.jobs.add(this.database, { task: FOLLOW, subject: '' }, 'keep').catch((error: unknown) => {
      this.logger.warn({ err: error }, 'following claims was not asked for; their own jobs do');
    });
  }

  /** Lets jobs under way finish. */
  async stop(): Promise<void> {
    await this.#workers?.stop();
  }

  /** Follows all claims and slashes once, and returns when to look again; null while none is open. */
  async follow(): Promise<number | null> {
    const chainNowMs = await this.time.nowMs();
    const open = await this.follower.follow(chainNowMs);
    const isHeld = await this.release.release(chainNowMs);
    await this.#measure(chainNowMs);
    return open > 0 || isHeld ? FOLLOW_MS : null;
  }

  async #measure(chainNowMs: number): Promise<void> {
    const oldestMs = await this.slashes.oldestUnanchoredMs();
    this.metrics.unanchoredSlashAge.set(oldestMs === null ? 0 : Math.max(0, chainNowMs - oldestMs) / 1_000);
    const tally = await this.claims.tally();
    for (const state of claimState.options) this.metrics.claimStates.set({ state }, tally.get(state) ?? 0);
  }
}

/** Errors of the chain carry its URL, which may hold a key. */
function withoutUrls(handler: JobHandler): JobHandler {
  return (subject) =>
    handler(subject).catch((error: unknown) => {
      throw error instanceof BaseError ? new Error(reasonOf(error)) : error;
    });
}
