import { Inject, Injectable } from '@nestjs/common';
import {
  inTransaction,
  ObservedResponsesRepository,
  TasksRepository,
  type ObservedResponse,
  type QueryRunnerLike,
  type TaskRecord,
} from '@odf/persistence';
import type { Hex } from '@odf/protocol';
import { type Clock } from '@odf/telemetry';
import { DataSource } from 'typeorm';
import { SlashesService } from '../claims/slashes.service.js';
import { EventsService } from '../events/events.service.js';
import { FeesService } from '../fees/fees.service.js';
import { CLOCK } from '../relay.tokens.js';
import { QuarantinesService } from '../reputation/quarantines.service.js';
import { ReputationService } from '../reputation/reputation.service.js';
import { AttestedResponses, roleOf, type AttestedResponse } from './attested-response.js';
import { observedOutcome } from './outcome-json.js';

/** A response as an AVS's own source shows it; Unix ms. */
export interface SeenResponse {
  avsId: Hex;
  taskId: Hex;
  operator: Hex;
  responseDigest: Hex;
  transaction: Hex;
  blockNumber: bigint;
  atMs: number;
  /** From then on no challenge can come. */
  finalAtMs: number;
}

/** A slash for a response. */
export interface SeenSlash {
  taskId: Hex;
  operator: Hex;
  transaction: Hex;
  logIndex: number;
  blockNumber: bigint;
  atMs: number;
}

const MAX_FINAL = 500;
/** A response may show so much later than the AVS's deadline: confirmations, and a source that was down. */
const UNANSWERED_AFTER_MS = 3_600_000;

/** What plug-ins observe of responses, which decides what is owed and who is to blame. */
@Injectable()
export class ObservedOutcomesService {
  constructor(
    private readonly database: DataSource,
    private readonly observed: ObservedResponsesRepository,
    private readonly tasks: TasksRepository,
    private readonly attested: AttestedResponses,
    private readonly fees: FeesService,
    private readonly reputation: ReputationService,
    private readonly quarantines: QuarantinesService,
    private readonly slashes: SlashesService,
    private readonly events: EventsService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Takes in a response; one that equals its coprocessor's attestation is owed for, committed or not. */
  async responded(seen: SeenResponse): Promise<void> {
    const task = await this.tasks.find(seen.taskId);
    if (!task) return;
    const match = await this.attested.find(task, seen.operator, seen.responseDigest);
    const validator = match?.validator ?? (await this.attested.validatorOf(task, seen.operator));
    const stored = await inTransaction(this.database, async (runner) => {
      const response = await this.observed.insert(runner, { ...seen, validator });
      if (!response) return false;
      if (match) await this.#owe(runner, task, seen.operator, match);
      await this.#publish(runner, response);
      return true;
    });
    if (stored) await this.events.wake();
  }

  /** Takes in a slash: what was committed for the response is void, and its coprocessor's owner is out if it attested it. */
  async slashed(slash: SeenSlash): Promise<void> {
    const task = await this.tasks.find(slash.taskId);
    const known = await this.observed.find(slash.taskId, slash.operator);
    if (!task || !known) return;
    const match = await this.attested.find(task, slash.operator, known.responseDigest);
    const covered = await this.slashes.coveredOf(task, known.validator, slash);
    const moved = await inTransaction(this.database, async (runner) => {
      const to = { state: 'slashed', transaction: slash.transaction } as const;
      const response = await this.observed.move(runner, slash, ['responded', 'accepted'], to);
      if (!response) return false;
      await this.fees.settle(runner, slash, 'void', this.clock.nowMs());
      await this.slashes.hold(runner, covered);
      if (match) await this.#blame(runner, task, slash, match);
      await this.#publish(runner, response);
      return true;
    });
    if (moved) await this.events.wake();
  }

  /** Makes fees due whose response no challenge can reach any more; those for another response than the attested one are void. */
  async settleFinal(): Promise<void> {
    for (const response of await this.observed.finalBy(this.clock.nowMs(), MAX_FINAL)) {
      const task = await this.tasks.find(response.taskId);
      const match = task && (await this.attested.find(task, response.operator, response.responseDigest));
      await inTransaction(this.database, async (runner) => {
        if (!(await this.observed.move(runner, response, ['responded'], { state: 'accepted' }))) return;
        const nowMs = this.clock.nowMs();
        if (match) {
          const { coprocessor } = match.award.award.message;
          await this.fees.settle(runner, { ...response, coprocessor }, 'due', nowMs);
          await this.#record(runner, task, match, 'response_accepted', { transaction: response.transaction });
        }
        await this.fees.settle(runner, response, 'void', nowMs);
      });
    }
  }

  /** Gives escrow back that stands for responses which came to no AVS in time. */
  async settleUnanswered(): Promise<void> {
    const nowMs = this.clock.nowMs();
    for (const place of await this.fees.unanswered(nowMs - UNANSWERED_AFTER_MS, MAX_FINAL)) {
      await inTransaction(this.database, (runner) => this.fees.settle(runner, place, 'void', nowMs));
    }
  }

  /** Takes back what was seen in blocks that the chain has dropped. */
  async rolledBack(avsId: Hex, fromBlock: bigint): Promise<void> {
    await inTransaction(this.database, async (runner) => {
      await this.observed.forgetFrom(runner, avsId, fromBlock);
      await this.slashes.forget(runner, avsId, fromBlock);
    });
  }

  /** No free rides on a friend's payload: an awarded operator that responded what was attested owes the fee. */
  async #owe(runner: QueryRunnerLike, task: TaskRecord, operator: Hex, match: AttestedResponse): Promise<void> {
    const { award, validator } = match;
    const { auction_id, avs_id, coprocessor } = award.award.message;
    await this.fees.insert(runner, [
      {
        task_id: task.taskId,
        validator,
        role: roleOf(award),
        auction_id,
        avs_id,
        operator,
        coprocessor,
        owner: award.owner,
        fee_wei: award.leaf.fee_wei,
        escrowed: true,
        committed_at_ms: BigInt(this.clock.nowMs()),
      },
    ]);
  }

  async #blame(runner: QueryRunnerLike, task: TaskRecord, slash: SeenSlash, match: AttestedResponse): Promise<void> {
    const { coprocessor } = match.award.award.message;
    const { operator, transaction, logIndex } = slash;
    const evidence = { operator, transaction, log_index: String(logIndex), attestation_root: match.attestationRoot };
    await this.#record(runner, task, match, 'response_slashed', evidence);
    await this.quarantines.begin(runner, { owner: match.award.owner, coprocessor, taskId: task.taskId, operator });
  }

  #record(
    runner: QueryRunnerLike,
    task: TaskRecord,
    { award }: AttestedResponse,
    kind: 'response_accepted' | 'response_slashed',
    evidence: Record<string, string>,
  ): Promise<void> {
    const { coprocessor } = award.award.message;
    const at_ms = this.clock.nowMs();
    const about = { coprocessor, owner: award.owner, avs_id: task.avsId, task_id: task.taskId };
    return this.reputation.record({ ...about, kind, attribution: 'coprocessor', evidence, at_ms }, runner);
  }

  async #publish(runner: QueryRunnerLike, response: ObservedResponse): Promise<void> {
    const { validator } = response;
    if (!validator) return;
    await this.events.append(runner, [{ topic: 'outcome', data: observedOutcome({ ...response, validator }) }]);
  }
}
