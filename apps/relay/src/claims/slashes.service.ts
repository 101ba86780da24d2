import { Injectable } from '@nestjs/common';
import {
  JobsRepository,
  SlashesRepository,
  type QueryRunnerLike,
  type SlashRecord,
  type TaskRecord,
} from '@odf/persistence';
import type { Hex } from '@odf/protocol';
import { AwardsService, type ValidatorAward } from '../awards/awards.service.js';
import { AvsRegistry, coverTailMs } from '../core/avs-registry.js';
import { ANCHOR, FOLLOW } from './claim-jobs.js';
import { subjectOf } from './claims.rules.js';

/** A slash of an operator for its response, in its block. */
export interface SlashInBlock {
  taskId: Hex;
  operator: Hex;
  transaction: Hex;
  logIndex: number;
  blockNumber: bigint;
  /** The block's time, Unix ms. */
  atMs: number;
}

/** A slash that lines may have to pay for. */
export type CoveredSlash = Omit<SlashRecord, 'anchor' | 'overAtMs'>;

/** Slashes of awarded operators: each holds their cover back until nothing can be claimed any more, and is anchored in time. */
@Injectable()
export class SlashesService {
  constructor(
    private readonly slashes: SlashesRepository,
    private readonly awards: AwardsService,
    private readonly registry: AvsRegistry,
    private readonly jobs: JobsRepository,
  ) {}

  /** What the awards of a slashed operator may have to pay; nothing where its AVS leads to no claims. */
  async coveredOf(task: TaskRecord, validator: Hex | null, slash: SlashInBlock): Promise<CoveredSlash[]> {
    const { config } = this.registry.get(task.avsId);
    if (config.attributor === 'none' || !task.auctionId || validator === null) return [];
    const awards = await this.awards.awardOf(task.auctionId, validator);
    const tailMs = coverTailMs(config);
    return awards.flatMap((award) => (isCovered(award, slash) ? [coveredSlash(award, task, slash, tailMs)] : []));
  }

  /** Begins to hold cover and to anchor, in the caller's transaction; does nothing the second time. */
  async hold(runner: QueryRunnerLike, slashes: readonly CoveredSlash[]): Promise<void> {
    for (const slash of slashes) {
      if (!(await this.slashes.insert(runner, slash))) continue;
      await this.jobs.add(runner, { task: ANCHOR, subject: subjectOf(slash) }, 'keep');
      await this.jobs.add(runner, { task: FOLLOW, subject: '' }, 'keep');
    }
  }

  /** Takes back what was seen in blocks that the chain has dropped. */
  forget(runner: QueryRunnerLike, avsId: Hex, fromBlock: bigint): Promise<void> {
    return this.slashes.forgetFrom(runner, avsId, fromBlock);
  }
}

function isCovered({ leaf }: ValidatorAward, { operator }: SlashInBlock): boolean {
  return leaf.operator === operator && leaf.max_liability > 0n;
}

function coveredSlash(
  { award: { message }, leaf }: ValidatorAward,
  { avsId }: TaskRecord,
  { atMs, ...slash }: SlashInBlock,
  tailMs: number,
): CoveredSlash {
  return {
    ...slash,
    lineId: message.line_id,
    avsId,
    slashedAtMs: atMs,
    liabilityWei: leaf.max_liability,
    reservedUntilMs: Number(message.term_end_ms) + tailMs,
  };
}
