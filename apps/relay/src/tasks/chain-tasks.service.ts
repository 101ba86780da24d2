import { Inject, Injectable } from '@nestjs/common';
import { BlobSource, resolveTask, TaskContradictionError, TaskManagerSource, type TaskManagerConfig } from '@odf/avs';
import { AvsCursorsRepository, TasksRepository } from '@odf/persistence';
import { OdfError } from '@odf/protocol';
import { type Clock } from '@odf/telemetry';
import type { Logger } from 'pino';
import { AvsRegistry, type ServedAvs } from '../core/avs-registry.js';
import type { RelayChain } from '../core/relay-chain.js';
import { ObservedOutcomesService } from '../outcomes/observed-outcomes.service.js';
import { ConfigError } from '../relay.config.js';
import { RelayMetrics } from '../relay.metrics.js';
import { CLOCK, LOGGER, RELAY_CHAIN } from '../relay.tokens.js';
import { ChainTaskFollower } from './chain-task-follower.js';
import { TasksService } from './tasks.service.js';

/** What a follower is made of, for one AVS whose tasks are on chain. */
export type ChainTaskEvents = ConstructorParameters<typeof ChainTaskFollower>[0]['apply'];
type ChainEvent = Parameters<ChainTaskEvents>[0];
type Created = Extract<ChainEvent, { kind: 'created' }>;

/** Tasks, responses and slashes of AVSs on chain: one follower each, which applies what it sees in the chain's order. */
@Injectable()
export class ChainTasksService {
  readonly #followers: ChainTaskFollower[];

  /** @throws {ConfigError} when an AVS's tasks are on a chain that this relay does not have. */
  constructor(
    registry: AvsRegistry,
    private readonly cursors: AvsCursorsRepository,
    private readonly rows: TasksRepository,
    private readonly tasks: TasksService,
    private readonly outcomes: ObservedOutcomesService,
    private readonly metrics: RelayMetrics,
    @Inject(RELAY_CHAIN) private readonly chain: RelayChain | null,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.#followers = registry.all().flatMap((avs) => {
      const { source } = avs.config;
      return source.kind === 'task-manager' ? [this.#follower(avs, source)] : [];
    });
  }

  start(): void {
    for (const follower of this.#followers) follower.start();
  }

  /** Lets what is under way finish. */
  async stop(): Promise<void> {
    await Promise.all(this.#followers.map((follower) => follower.stop()));
  }

  #follower({ config }: ServedAvs, source: TaskManagerConfig): ChainTaskFollower {
    const { chain, cursors, metrics, logger } = this;
    if (!chain || chain.deployment.chainId !== config.chain_id) {
      throw new ConfigError(
        `ODF_AVS_CONFIG: ${config.name}: its tasks are on chain ${config.chain_id}: set CHAIN_RPC_URL`,
      );
    }
    const { client, rpcUrl } = chain;
    const { address, start_block: startBlock, confirmations, blocks_per_poll: blocksPerPoll, beacon_url } = source;
    const blobs = new BlobSource(
      beacon_url === undefined ? { url: rpcUrl, by: 'block-hash' } : { url: beacon_url, by: 'slot' },
    );
    return new ChainTaskFollower({
      avsId: config.avs_id,
      name: config.name,
      source: new TaskManagerSource({ client, address, startBlock, confirmations, blocksPerPoll }),
      apply: (event) => this.#apply(config, source, (task) => this.#create(config, task, { client, blobs }), event),
      cursors,
      metrics,
      logger,
    });
  }

  /** Each part does nothing the second time: a follower that died between it and its cursor does it again. */
  async #apply(
    { avs_id: avsId }: ServedAvs['config'],
    { challenge_ms }: TaskManagerConfig,
    create: (event: Created) => Promise<void>,
    event: ChainEvent,
  ): Promise<void> {
    switch (event.kind) {
      case 'created':
        return create(event);
      case 'responded':
        return this.outcomes.responded({ ...event, avsId, finalAtMs: event.atMs + challenge_ms });
      case 'slashed':
        return this.outcomes.slashed(event);
      case 'orphaned':
        await this.outcomes.rolledBack(avsId, event.fromBlock);
        await this.rows.orphan(avsId, event.fromBlock);
    }
  }

  async #create(
    config: ServedAvs['config'],
    event: Created,
    from: Omit<Parameters<typeof resolveTask>[1], 'avsId'>,
  ): Promise<void> {
    const { taskId, blockNumber: block } = event;
    // Whoever comes too late for a task must not wait for its blob, which may be pruned.
    if (event.deadlineMs <= BigInt(this.clock.nowMs())) return;
    try {
      const { created_at_ms: createdAtMs, ...task } = await resolveTask(event, { avsId: config.avs_id, ...from });
      await this.tasks.create(config.avs_id, task, { block, createdAtMs });
      await this.rows.revive(taskId, block);
    } catch (error) {
      if (!(error instanceof OdfError) && !(error instanceof TaskContradictionError)) throw error;
      this.logger.warn({ avs: config.name, task: taskId, reason: error.message }, 'a task on chain is not taken in');
      this.metrics.tasks.inc({ avs: config.name, state: 'refused' });
    }
  }
}
