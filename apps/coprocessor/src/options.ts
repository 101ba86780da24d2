import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { LevelWithSilent } from 'pino';
import type { Hex } from '@odf/protocol';

/** What the program is told at its start. */
export interface CoprocessorOptions {
  relay: string[];
  strategy: string;
  dataDir: string;
  /** File of the BLS secret. */
  key: string;
  addr: { host: string; port: number };
  workers: number;
  logLevel: LevelWithSilent;
  /** JSON-RPC of the settlement's chain; undefined: nothing is done on chain. */
  chainRpcUrl?: string;
  /** The hub; the first relay's unless given. */
  settlement?: Hex;
  /** File of the owner account's secp256k1 secret. */
  ownerKey: string;
  /** Blocks until a transaction is final. */
  chainConfirmations: number;
}

const DEFAULT_ADDR = '127.0.0.1:18552';
/** The environment variable of each option that has one. */
export const environmentVariables = {
  relay: 'RELAYS',
  strategy: 'ODF_STRATEGY',
  dataDir: 'ODF_DATA_DIR',
  chainRpcUrl: 'CHAIN_RPC_URL',
  settlement: 'ODF_SETTLEMENT',
  chainConfirmations: 'CHAIN_CONFIRMATIONS',
  logLevel: 'LOG_LEVEL',
} as const;
const levels: readonly string[] = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];

function collect(value: string, earlier: string[] = []): string[] {
  return [...earlier, ...split(value)];
}

function split(list: string): string[] {
  return list
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** Reads `host:port`. */
function address(text: string): { host: string; port: number } {
  const match = /^(?:\[?([^[\]]+)\]?:)?([0-9]{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (!match || port > 65_535) throw new InvalidArgumentError('expected host:port, e.g. 127.0.0.1:18552');
  return { host: match[1] ?? '127.0.0.1', port };
}

function count(text: string): number {
  if (!/^[1-9][0-9]{0,2}$/.test(text)) throw new InvalidArgumentError('expected a number from 1 to 999');
  return Number(text);
}

function rpcUrl(text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new InvalidArgumentError('expected an http or https URL');
  }
  return text;
}

function contract(text: string): Hex {
  if (!/^0x[0-9a-fA-F]{40}$/.test(text)) throw new InvalidArgumentError('expected 0x and 40 hex digits');
  return text.toLowerCase() as Hex;
}

function level(text: string): string {
  if (!levels.includes(text)) throw new InvalidArgumentError(`expected one of ${levels.join(', ')}`);
  return text;
}

/** The command line of `odf-coprocessor`, with the environment as its defaults. */
export function coprocessorCommand(env: Readonly<Record<string, string | undefined>>): Command {
  return new Command('odf-coprocessor')
    .description('Bids at relays, computes the tasks of the terms that it wins, and delivers them.')
    .option(
      '--relay <url>',
      'relay, https://0x<pubkey>@host[:port]; repeatable (env RELAYS, joined by commas)',
      collect,
    )
    .option(
      '--strategy <file>',
      'strategy file: prices, units, cover, capacity (env ODF_STRATEGY)',
      env['ODF_STRATEGY'],
    )
    .option(
      '--data-dir <dir>',
      'folder of its key, store and receipts (env ODF_DATA_DIR)',
      env['ODF_DATA_DIR'] ?? '.odf/coprocessor',
    )
    .option('--key <file>', 'BLS secret as hex; made in the data folder when absent')
    .addOption(
      new Option('--addr <host:port>', 'where /status, /metrics, /livez and /readyz are served')
        .argParser(address)
        .default(address(DEFAULT_ADDR), DEFAULT_ADDR),
    )
    .addOption(
      new Option('--workers <number>', 'compute threads')
        .argParser(count)
        .default(Math.max(1, availableParallelism() - 1), 'all cores but one'),
    )
    .addOption(
      new Option(
        '--chain-rpc-url <url>',
        "JSON-RPC of the settlement's chain; nothing is done on chain without it (env CHAIN_RPC_URL)",
      )
        .argParser(rpcUrl)
        .default(env['CHAIN_RPC_URL'] ? rpcUrl(env['CHAIN_RPC_URL']) : undefined),
    )
    .addOption(
      new Option('--settlement <address>', "hub contract; the first relay's when absent (env ODF_SETTLEMENT)")
        .argParser(contract)
        .default(env['ODF_SETTLEMENT'] ? contract(env['ODF_SETTLEMENT']) : undefined),
    )
    .option(
      '--owner-key <file>',
      'secp256k1 secret of the account that owns collateral and fees; made in the data folder when absent',
    )
    .addOption(
      new Option('--chain-confirmations <number>', 'blocks until a transaction is final (env CHAIN_CONFIRMATIONS)')
        .argParser(count)
        .default(count(env['CHAIN_CONFIRMATIONS'] ?? '3')),
    )
    .option(
      '--log-level <level>',
      'least level that is logged (env LOG_LEVEL)',
      level,
      level(env['LOG_LEVEL'] ?? 'info'),
    );
}

/**
 * Reads the command line.
 *
 * @throws {CommanderError} through the command, after printing what is wrong.
 */
export function readOptions(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  command = coprocessorCommand(env),
): CoprocessorOptions {
  command.parse(argv, { from: 'user' });
  const given = command.opts<
    Omit<CoprocessorOptions, 'key' | 'ownerKey' | 'strategy' | 'relay'> & Partial<CoprocessorOptions>
  >();
  const relay = given.relay?.length ? given.relay : split(env['RELAYS'] ?? '');
  if (relay.length === 0) command.error('error: name at least one relay by --relay or RELAYS');
  if (!given.strategy) command.error('error: name the strategy file by --strategy or ODF_STRATEGY');
  return {
    ...given,
    relay,
    strategy: given.strategy!,
    key: given.key ?? join(given.dataDir, 'coprocessor.key'),
    ownerKey: given.ownerKey ?? join(given.dataDir, 'owner.key'),
  };
}
