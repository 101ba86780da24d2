import type { AvsConfig } from '@odf/avs';
import { ChainMirrorRepository, IdentityRepository } from '@odf/persistence';
import { zeroHex } from '@odf/protocol';
import {
  AllocationManagerMembership,
  ChainIndexer,
  ChainSettlement,
  DeploymentError,
  IndexerLoop,
  MemorySettlement,
  MirrorReader,
  openLocalSettlement,
  readDeployment,
  type Deployment,
  type ListedAvs,
  type Settlement,
  type SettlementEvent,
} from '@odf/settlement';
import type { Clock } from '@odf/telemetry';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { DataSource } from 'typeorm';
import { createPublicClient, http, type PublicClient } from 'viem';
import type { AvsRegistry } from './core/avs-registry.js';
import { ChainFollower } from './core/chain-follower.js';
import type { RelayChain } from './core/relay-chain.js';
import { ConfigError, MEMORY_CHAIN, type RelayConfig } from './relay.config.js';
import type { RelayMetrics } from './relay.metrics.js';

/** What a settlement is opened on. */
export interface SettlementParts {
  config: RelayConfig;
  database: DataSource;
  clock: Clock;
  registry: AvsRegistry;
  metrics: RelayMetrics;
  logger: Logger;
}

/** The settlement, and for one on a chain what it stands on and what keeps it up to date. */
export interface OpenedSettlement {
  settlement: Settlement;
  chain: RelayChain | null;
  follower: ChainFollower | null;
  close(): Promise<void>;
}

/** A chain to settle on: somebody's, or one of this process. */
export interface ChainAccess {
  rpcUrl: string;
  /** Blocks from one that counts as confirmed to the newest, both counted. */
  confirmations: number;
  /** Ends a chain of this process. */
  stop(): Promise<void>;
}

/**
 * Opens the settlement of the configuration: on the chain at CHAIN_RPC_URL, on an embedded one, or in memory.
 *
 * @throws {ConfigError} when the chain does not answer, is another one, has no hub, or an AVS lacks what its membership is read from.
 */
export async function openSettlement(parts: SettlementParts): Promise<OpenedSettlement> {
  const { chainRpcUrl: rpcUrl, confirmations } = parts.config;
  if (rpcUrl === undefined) return openOnChain(parts, await localChain(parts));
  if (rpcUrl !== MEMORY_CHAIN) return openOnChain(parts, { rpcUrl, confirmations, stop: async () => undefined });
  return { settlement: await inMemory(parts), chain: null, follower: null, close: async () => undefined };
}

/** A chain of this machine, which the relay brings along as it does its Postgres; one block confirms there. */
async function localChain({ config, registry, logger }: SettlementParts): Promise<ChainAccess> {
  const { chain, deployment } = await openLocalSettlement({
    dataDir: join(config.dataDir, 'chain'),
    chainId: Number(config.chainId),
    avss: registry.all().map(({ config: avs }) => localAvs(avs)),
  });
  logger.info({ adopted: chain.adopted, hub: deployment.hub }, 'embedded local chain is up');
  return { rpcUrl: chain.rpcUrl, confirmations: 1, stop: () => chain.stop() };
}

function localAvs({ avs, operator_set_id, risk }: AvsConfig): ListedAvs {
  const vetoSeconds = BigInt(Math.ceil(risk.veto_ms / 1_000));
  return { avs, operatorSetId: operator_set_id, acceptance: zeroHex(20), vetoSeconds, challengeSeconds: 0n };
}

/**
 * Opens the settlement on a chain, which ends with it.
 *
 * @throws {ConfigError} as {@link openSettlement}; the chain has ended then.
 */
export async function openOnChain(parts: SettlementParts, access: ChainAccess): Promise<OpenedSettlement> {
  return settleOn(parts, access).catch(async (error: unknown) => {
    await access.stop();
    throw error;
  });
}

async function settleOn(parts: SettlementParts, access: ChainAccess): Promise<OpenedSettlement> {
  const { config, database, registry } = parts;
  const { rpcUrl, confirmations } = access;
  const client = createPublicClient({ transport: http(rpcUrl, { batch: true }), cacheTime: 0 });
  const deployment = await deploymentOf(client, config);
  const store = new ChainMirrorRepository(database);
  const indexer = new ChainIndexer({ client, deployment, store, startBlock: config.settlementBlock });
  const membership = new AllocationManagerMembership(client, allocatedAvss(registry), () => indexer.head);
  const loop: IndexerLoop = new IndexerLoop({
    indexer,
    onStep: (step) => follower.stepped(step),
    onError: (error) => follower.failed(error),
  });
  const follower = new ChainFollower({ ...parts, indexer, loop });
  const reader = new MirrorReader(store, confirmations, () => indexer.tip?.hash);
  return {
    settlement: new ChainSettlement({ client, deployment, reader, membership }),
    chain: { client, rpcUrl, deployment, confirmations, reader, loop },
    follower,
    close: async () => {
      await follower.stop();
      await access.stop();
    },
  };
}

async function deploymentOf(client: PublicClient, { chainId, settlement }: RelayConfig): Promise<Deployment> {
  let found: number;
  try {
    found = await client.getChainId();
  } catch (cause) {
    throw new ConfigError('CHAIN_RPC_URL: the chain does not answer', { cause });
  }
  if (BigInt(found) !== chainId) {
    throw new ConfigError(`ODF_CHAIN_ID: is ${chainId}, and the chain at CHAIN_RPC_URL is ${found}`);
  }
  try {
    return await readDeployment(client, settlement);
  } catch (cause) {
    if (cause instanceof DeploymentError) throw new ConfigError(`ODF_SETTLEMENT: ${cause.message}`, { cause });
    throw cause;
  }
}

/** The AVSs whose operator sets are read from the chain. */
function allocatedAvss(registry: AvsRegistry) {
  const chained = registry.all().filter(({ config }) => config.membership === 'chain');
  return chained.map(({ config: { name, avs_id, avs, operator_set_id, allocation_manager } }) => {
    if (allocation_manager === undefined) {
      throw new ConfigError(`ODF_AVS_CONFIG: ${name}: membership chain needs the address of its allocation_manager`);
    }
    return { avs_id, avs, operatorSetId: operator_set_id, allocationManager: allocation_manager };
  });
}

function inMemory({ config, database, clock }: SettlementParts): Promise<MemorySettlement> {
  const identity = new IdentityRepository(database);
  return MemorySettlement.open({
    chainId: config.chainId,
    address: config.settlement,
    clock,
    journal: {
      load: async () => (await identity.loadJournal()).map(eventFromJson),
      append: (event) => identity.appendJournal(eventToJson(event)),
    },
  });
}

/** Journal events carry bigints, which JSON does not: they travel as `{ "$bigint": "…" }`. */
function eventToJson(event: SettlementEvent): unknown {
  return JSON.parse(
    JSON.stringify(event, (_, value: unknown) => (typeof value === 'bigint' ? { $bigint: value.toString() } : value)),
  );
}

function eventFromJson(json: unknown): SettlementEvent {
  return JSON.parse(JSON.stringify(json), (_, value: unknown) =>
    typeof value === 'object' && value !== null && '$bigint' in value ? BigInt(value.$bigint as string) : value,
  ) as SettlementEvent;
}
