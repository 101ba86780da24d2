import { Secret } from '@odf/telemetry';
import { z } from 'zod';

const flag = z
  .enum(['0', '1', 'true', 'false', ''])
  .default('0')
  .transform((text) => text === '1' || text === 'true');
const optional = z
  .string()
  .optional()
  .transform((text) => (text === '' ? undefined : text));
const secretHex = optional.refine((text) => text === undefined || /^0x[0-9a-fA-F]{64}$/.test(text), {
  error: 'expected 0x and 64 hex digits',
});

/** The `CHAIN_RPC_URL` that settles in memory. */
export const MEMORY_CHAIN = 'memory:';

/** The environment of the relay; `docs/configuration.md` is generated from it. */
export const relayEnvironment = z.object({
  ODF_PORT: z.coerce.number().int().min(0).max(65535).default(18550).describe('Port to listen on; 0 takes a free one.'),
  ODF_HOST: z.string().default('0.0.0.0').describe('Address to listen on.'),
  ODF_DATA_DIR: z
    .string()
    .default('.odf')
    .describe('Folder of everything the relay keeps outside Postgres: its key, the escrow key, the embedded Postgres.'),
  DATABASE_URL: optional
    .describe('Postgres to use, `postgres://user:password@host:port/name`; an embedded one when unset.')
    .meta({ secret: true }),
  REDIS_URL: optional.describe(
    'Reserved for several instances on one live store; this version refuses to start with it.',
  ),
  CHAIN_RPC_URL: optional
    .refine((text) => text === undefined || text === MEMORY_CHAIN || /^https?:\/\/\S+$/.test(text), {
      error: `expected an http or https URL, or ${MEMORY_CHAIN}`,
    })
    .describe(
      'JSON-RPC of the chain that the settlement is on; an embedded local chain when unset. `memory:` settles in memory, for tests and load runs.',
    )
    .meta({ secret: true }),
  CHAIN_CONFIRMATIONS: z.coerce
    .number()
    .int()
    .min(1)
    .max(1_000)
    .default(12)
    .describe(
      'Blocks after which a registration, cover line or deposit counts, its own included; on the embedded chain each counts at once.',
    ),
  CHAIN_ACCOUNT_KEY: secretHex
    .describe(
      'Secret key of the account that anchors slashes and files claims; it holds the bonds and pays the gas, and has no other power. Better in a file.',
    )
    .meta({ secret: true }),
  CHAIN_ACCOUNT_KEY_FILE: optional.describe(
    'File with that key, 0x and 64 hex digits. Without an account no claims are filed; on the embedded chain a development account files.',
  ),
  RELAY_SECRET_KEY: secretHex
    .describe('BLS secret key of the relay; kept as `relay.key` in the data folder when unset.')
    .meta({ secret: true }),
  ODF_ESCROW_KEY: secretHex
    .describe(
      '32-byte key that wraps payload keys and attestations at rest; kept as `escrow.key` in the data folder when unset.',
    )
    .meta({ secret: true }),
  ODF_AVS_CONFIG: optional.describe('YAML file of the AVSs that the relay serves; see the README.'),
  ODF_ADMIN_TOKENS: z
    .string()
    .default('')
    .transform((text, context) =>
      text
        .split(',')
        .map((entry) => entry.trim())
        .filter((entry) => entry !== '')
        .map((entry) => {
          const match = /^(viewer|operator):([\x21-\x7e]{8,512})$/.exec(entry);
          if (!match) {
            context.addIssue(
              'expected role:token, role viewer or operator, token of 8 to 512 printable ASCII characters without spaces',
            );
            return z.NEVER;
          }
          return { role: match[1] as 'viewer' | 'operator', token: match[2]! };
        }),
    )
    .describe('Bearer tokens of administrators, `role:token` joined by commas; roles are viewer and operator.')
    .meta({ secret: true }),
  GENESIS_FORK_VERSION: z
    .string()
    .regex(/^0x[0-9a-fA-F]{8}$/, 'expected 0x and 8 hex digits')
    .default('0x00000000')
    .describe('Genesis fork version of the network, for validator registrations; mainnet when unset.'),
  ODF_CHAIN_ID: z
    .string()
    .regex(/^[1-9][0-9]{0,18}$/, 'expected a decimal number')
    .default('31337')
    .transform(BigInt)
    .describe('Chain of the settlement, part of every signing domain.'),
  ODF_SETTLEMENT: z
    .string()
    .regex(/^0x[0-9a-fA-F]{40}$/, 'expected 0x and 40 hex digits')
    .default('0x5fbdb2315678afecb367f032d93f642f64180aa3')
    .describe('Hub contract of the settlement, part of every signing domain.'),
  ODF_SETTLEMENT_BLOCK: z
    .string()
    .regex(/^[0-9]{1,18}$/, 'expected a decimal number')
    .default('0')
    .transform(BigInt)
    .describe('Block in which the hub was deployed: its events are read from there on.'),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('Least level that is logged.'),
  LOG_PRETTY: flag.describe('1 writes logs for people instead of JSON.'),
  ODF_DEV: flag.describe('1 opens the development route that gives test coprocessors cover; refused in production.'),
  ODF_ALLOW_EMBEDDED: flag.describe(
    '1 lets NODE_ENV=production run on the embedded Postgres, the embedded chain and generated keys.',
  ),
  ODF_MAX_EVENT_STREAMS: z.coerce
    .number()
    .int()
    .positive()
    .default(10_000)
    .describe('Most event streams of one process; one client address gets a hundredth, at least 16.'),
  NODE_ENV: z
    .string()
    .default('development')
    .describe('production demands DATABASE_URL, CHAIN_RPC_URL and explicit keys.'),
});

/** The relay's settings, parsed. */
export interface RelayConfig {
  port: number;
  host: string;
  dataDir: string;
  databaseUrl: string | undefined;
  /** An http URL or {@link MEMORY_CHAIN}; the embedded chain when undefined. */
  chainRpcUrl: string | undefined;
  confirmations: number;
  /** Of the account that anchors and files. */
  chainAccountKey: Secret<`0x${string}`> | undefined;
  chainAccountKeyFile: string | undefined;
  relaySecretKey: `0x${string}` | undefined;
  escrowKey: `0x${string}` | undefined;
  avsConfigFile: string | undefined;
  adminTokens: readonly { role: 'viewer' | 'operator'; token: string }[];
  genesisForkVersion: `0x${string}`;
  chainId: bigint;
  settlement: `0x${string}`;
  /** First block with events of the settlement. */
  settlementBlock: bigint;
  logLevel: string;
  logPretty: boolean;
  dev: boolean;
  maxEventStreams: number;
}

/** The configuration cannot be used; the message names every offending variable. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

type Environment = z.output<typeof relayEnvironment>;

function refusals(env: Environment): string[] {
  const reasons: string[] = [];
  if (env.REDIS_URL) reasons.push('REDIS_URL: this version has the in-process live store only; unset it');
  if (env.CHAIN_ACCOUNT_KEY && env.CHAIN_ACCOUNT_KEY_FILE) {
    reasons.push('CHAIN_ACCOUNT_KEY: give it or CHAIN_ACCOUNT_KEY_FILE, not both');
  }
  if (env.NODE_ENV === 'production' && env.CHAIN_RPC_URL === MEMORY_CHAIN) {
    reasons.push('CHAIN_RPC_URL: settles on a chain in production; name its RPC');
  }
  if (env.NODE_ENV === 'production' && !env.ODF_ALLOW_EMBEDDED) {
    if (!env.DATABASE_URL)
      reasons.push('DATABASE_URL: set it, or ODF_ALLOW_EMBEDDED=1 to run on the embedded Postgres');
    if (!env.CHAIN_RPC_URL) reasons.push('CHAIN_RPC_URL: set it, or ODF_ALLOW_EMBEDDED=1 to run on a local chain');
    if (!env.RELAY_SECRET_KEY) reasons.push('RELAY_SECRET_KEY: set it, or ODF_ALLOW_EMBEDDED=1 to generate one');
    if (!env.ODF_ESCROW_KEY) reasons.push('ODF_ESCROW_KEY: set it, or ODF_ALLOW_EMBEDDED=1 to generate one');
  }
  if (env.NODE_ENV === 'production' && env.ODF_DEV) reasons.push('ODF_DEV: never in production; unset it');
  return reasons;
}

/**
 * Reads the relay's configuration from an environment.
 *
 * @throws {ConfigError} naming every variable that cannot be used and what to do about it.
 */
export function readRelayConfig(environment: Record<string, string | undefined>): RelayConfig {
  // Blank is unset, as compose files and shells write it.
  const given = Object.fromEntries(Object.entries(environment).filter(([, text]) => text?.trim() !== ''));
  const parsed = relayEnvironment.safeParse(given);
  if (!parsed.success) {
    const lines = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new ConfigError(`the configuration cannot be used:\n  ${lines.join('\n  ')}`);
  }
  const env = parsed.data;
  const reasons = refusals(env);
  if (reasons.length > 0) throw new ConfigError(`the relay does not start:\n  ${reasons.join('\n  ')}`);
  return {
    port: env.ODF_PORT,
    host: env.ODF_HOST,
    dataDir: env.ODF_DATA_DIR,
    databaseUrl: env.DATABASE_URL,
    chainRpcUrl: env.CHAIN_RPC_URL,
    confirmations: env.CHAIN_CONFIRMATIONS,
    chainAccountKey: env.CHAIN_ACCOUNT_KEY ? new Secret(env.CHAIN_ACCOUNT_KEY as `0x${string}`) : undefined,
    chainAccountKeyFile: env.CHAIN_ACCOUNT_KEY_FILE,
    relaySecretKey: env.RELAY_SECRET_KEY as `0x${string}` | undefined,
    escrowKey: env.ODF_ESCROW_KEY as `0x${string}` | undefined,
    avsConfigFile: env.ODF_AVS_CONFIG,
    adminTokens: env.ODF_ADMIN_TOKENS,
    genesisForkVersion: env.GENESIS_FORK_VERSION.toLowerCase() as `0x${string}`,
    chainId: env.ODF_CHAIN_ID,
    settlement: env.ODF_SETTLEMENT.toLowerCase() as `0x${string}`,
    settlementBlock: env.ODF_SETTLEMENT_BLOCK,
    logLevel: env.LOG_LEVEL,
    logPretty: env.LOG_PRETTY,
    dev: env.ODF_DEV,
    maxEventStreams: env.ODF_MAX_EVENT_STREAMS,
  };
}
