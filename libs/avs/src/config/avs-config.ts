import { PRICING_RULES, type Hex } from '@odf/protocol';
import { z } from 'zod';
import { BLOB_BYTES } from '../kzg-da/layout.js';
import { pluginNames, plugins, unknownPlugin, type PluginName } from '../plugins.js';
import { address, blockNumber, bytes32, chainId, durationMs, wei } from './fields.js';

const bps = z.int().min(0).max(10_000);

const windows = z.strictObject({
  bidding: durationMs.default(12_000),
  /** One epoch; in `task` mode a term is its task and this is not used. */
  term: durationMs.default(384_000),
  deliver: durationMs.default(12_000),
  commit: durationMs.default(12_000),
  /** How long a standby may deliver after `deliver`, out of `commit`; default a quarter of it. */
  grace: z.int().min(0).optional(),
});

const httpSource = z
  .strictObject({
    kind: z.literal('http'),
    token_sha256: bytes32.optional(),
    token_env: z.string().min(1).optional(),
    token: z.string().min(16, 'give at least 16 characters').optional(),
    callback_url: z.url({ protocol: /^https?$/ }).optional(),
    signature: z.enum(['secp256k1', 'bn254', 'none']).default('secp256k1'),
  })
  .refine(
    (given) => [given.token_sha256, given.token_env, given.token].filter((one) => one !== undefined).length === 1,
    {
      error: 'give exactly one of token_sha256, token_env and token',
    },
  );

const taskManagerSource = z.strictObject({
  kind: z.literal('task-manager'),
  /** The contract that has the tasks; the AVS itself when unset. */
  address: address.optional(),
  /** The first block that can hold a task: that of the contract's deployment. */
  start_block: blockNumber.default(0n),
  /** Blocks that a block must count, itself included, before its events are believed. */
  confirmations: z.int().min(1).max(1_000).default(2),
  /** Most blocks of one `eth_getLogs`. */
  blocks_per_poll: z.int().min(1).max(100_000).default(1_000),
  /** How long a response may be challenged, as the contract says. */
  challenge_ms: z
    .int()
    .min(0)
    .max(90 * 86_400_000),
  /** Where inputs are read, by slot; when unset the chain's RPC is asked by block hash, as anvil takes it. */
  beacon_url: z.url({ protocol: /^https?$/ }).optional(),
  signature: z.literal('secp256k1').default('secp256k1'),
});

const source = z.discriminatedUnion('kind', [httpSource, taskManagerSource]);

const risk = z.strictObject({
  /** The contract that can slash; absent where nobody can. */
  slasher: address.optional(),
  veto_ms: z.int().min(0).default(0),
  redistribution: z.boolean().default(false),
});

const takesBlobs = (plugin: PluginName): boolean => plugins[plugin].meta.limits.inputBytes === BLOB_BYTES;

/** The YAML form of one AVS; `parseAvsConfig` adds what follows from it. */
export const avsEntry = z
  .strictObject({
    name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'use lower-case letters, digits and dashes'),
    plugin: z.enum(pluginNames, { error: ({ input }) => unknownPlugin(String(input)) }),
    chain_id: chainId,
    avs: address,
    operator_set_id: z.int().min(0).max(0xffffffff).default(0),
    mode: z.enum(['term', 'task']).default('term'),
    windows_ms: windows.prefault({}),
    reward_per_task_wei: wei,
    cap_bps: bps.min(1).default(2_500),
    pricing: z.enum(PRICING_RULES).default('critical'),
    /** Share of all units in basis points that is set aside for newcomers. */
    newcomer_bps: bps.default(500),
    verification: z.enum(['before', 'off']).default('before'),
    membership: z.enum(['open', 'chain']).default('open'),
    /** EigenLayer's AllocationManager, asked for membership `chain`. */
    allocation_manager: address.optional(),
    source,
    slashable_wei: wei.default(0n),
    attributor: z.enum(['chain', 'committee', 'none']).default('none'),
    /** The attributor that cover lines must name; the AVS's own contract unless told. */
    attributor_contract: address.optional(),
    /** The slash oracle that cover lines must name; any that the hub allows unless told. */
    oracle_contract: address.optional(),
    claim_tail_ms: z
      .int()
      .min(0)
      .default(30 * 86_400_000),
    risk: risk.prefault({}),
  })
  .refine(({ windows_ms: { grace, commit } }) => grace === undefined || grace < commit, {
    path: ['windows_ms', 'grace'],
    error: 'the standby must leave time to commit: grace must be below commit',
  })
  .refine(({ source: { kind }, plugin }) => kind !== 'task-manager' || takesBlobs(plugin), {
    path: ['plugin'],
    error: 'the inputs of a task-manager are blobs, which this plug-in does not take',
  });

/** An entry as written, defaults filled in. */
export type AvsEntry = z.output<typeof avsEntry>;

/** Tasks are posted to the relay, responses to the AVS's callback. */
export interface HttpSource {
  kind: 'http';
  /** SHA-256 of the bearer token that may post tasks. */
  token_sha256: Hex;
  /** Where the sidecar sends the response; absent where the AVS fetches it otherwise. */
  callback_url?: string | undefined;
  signature: 'secp256k1' | 'bn254' | 'none';
}

/** Tasks, responses and slashes are events of a contract; responses go by transaction. */
export type TaskManagerConfig = Required<Omit<z.output<typeof taskManagerSource>, 'beacon_url'>> & {
  beacon_url?: string | undefined;
};

/** Where tasks of an AVS come from and responses go. */
export type AvsSource = HttpSource | TaskManagerConfig;

/** Milliseconds from one step to the next. */
export type AvsWindows = Required<z.output<typeof windows>>;

/** One AVS that a relay serves: an entry of ODF_AVS_CONFIG, defaults filled in; wei and milliseconds. */
export interface AvsConfig extends Omit<AvsEntry, 'source' | 'windows_ms'> {
  avs_id: Hex;
  windows_ms: AvsWindows;
  source: AvsSource;
}
