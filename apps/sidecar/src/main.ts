#!/usr/bin/env node
import { workloadOf } from '@odf/avs';
import { createLogger, settingsOf, systemClock } from '@odf/telemetry';
import { Command, Option } from 'commander';
import { parseOptions, type BoostOptions } from './options.js';
import { openSettlement } from './open-settlement.js';
import { loadPolicy, PolicyError, type SidecarPolicy } from './policy.js';
import { exportProtection, importProtection, SlashingProtection } from './protection.js';
import { RefusedError } from './refusal.js';
import { checkRelays } from './relay-check-command.js';
import { startSidecar } from './sidecar.js';
import { Store } from './store.js';

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const append = (value: string, list: string[] | undefined): string[] => [...(list ?? []), value];
/** mev-boost's flags are written with one dash or two. */
const withTwoDashes = (argument: string): string => (/^-[a-z][a-z-]+(=|$)/.test(argument) ? `-${argument}` : argument);

const program = new Command('odf-boost')
  .description("A validator's sidecar: buys results from coprocessors, verifies them, signs AVS responses.")
  .addOption(new Option('--relay <url>', 'https://0x<pubkey>@host[:port]; may be repeated').argParser(append))
  .addOption(new Option('--relays <urls>', 'the same, separated by commas').env('RELAYS').argParser(append))
  .addOption(new Option('--policy <file>', "the owner's policy: validators, AVSs, trust").env('ODF_POLICY'))
  .addOption(
    new Option('--addr <host:port>', 'where /status, /metrics, /livez and /readyz are served')
      .env('BOOST_LISTEN_ADDR')
      .default('127.0.0.1:18551'),
  )
  .addOption(
    new Option('--data-dir <dir>', 'hot keys, state and slashing protection').env('ODF_DATA_DIR').default('.odf/boost'),
  )
  .addOption(
    new Option('--loglevel <level>', 'trace, debug, info, warn, error, fatal').env('LOG_LEVEL').default('info'),
  )
  .addOption(new Option('--request-timeout-getheader <ms>', 'longest wait of one header request').default('10000'))
  .addOption(new Option('--request-timeout <ms>', 'longest wait of every other request').default('10000'))
  .addOption(
    new Option(
      '--chain-rpc-url <url>',
      'JSON-RPC of the chain of the settlement; without it no vouchers, no claims',
    ).env('CHAIN_RPC_URL'),
  )
  .addOption(
    new Option('--settlement <address>', "the settlement's hub; the policy's when unset").env('ODF_SETTLEMENT'),
  )
  .addOption(
    new Option('--allocation-manager <address>', "EigenLayer's contract that tells of slashes").env(
      'ODF_ALLOCATION_MANAGER',
    ),
  )
  .addOption(
    new Option('--chain-confirmations <blocks>', 'how deep a block counts, its own included')
      .env('CHAIN_CONFIRMATIONS')
      .default('12'),
  )
  .addOption(
    new Option(
      '--chain-account-key <file>',
      "secp256k1 secret of the account that pays for claims filed without a relay; the first validator's operator when unset",
    ).env('ODF_CHAIN_ACCOUNT_KEY'),
  )
  .addOption(new Option('--claim-relay-patience <ms>', 'how long a relay may take to file a claim').default('600000'))
  .addOption(new Option('--relay-check', 'check the relays at start; stop when none may be worked with').default(false))
  .addOption(new Option('--json', 'log JSON lines also to a terminal').default(false))
  .showHelpAfterError('see odf-boost --help')
  .action(async (given: Record<string, unknown>) => {
    const relays = [...list(given['relay']), ...list(given['relays'])];
    const options = parseOptions({ ...given, relays });
    const policy = await loadPolicy(options.policy, (name) => workloadOf(name).meta.class === 'intensive');
    if (options.relayCheck) await check(options, policy);
    await run(options, policy);
  });

const protection = program
  .command('protection')
  .description('slashing protection as JSON, to move between machines')
  .configureHelp({ showGlobalOptions: true });
protection
  .command('export <file>')
  .action((file: string, _: unknown, command: Command) => withProtection(command, file, exportProtection, 'exported'));
protection
  .command('import <file>')
  .action((file: string, _: unknown, command: Command) => withProtection(command, file, importProtection, 'imported'));

/** An environment variable comes as text, a repeated flag as a list. */
function list(value: unknown): string[] {
  return Array.isArray(value) ? (value as string[]) : typeof value === 'string' ? [value] : [];
}

async function check({ relays, dataDir }: BoostOptions, policy: SidecarPolicy): Promise<void> {
  const store = await Store.open(dataDir);
  try {
    if (!(await checkRelays(relays, policy, store, print))) throw new PolicyError('no relay passed the check');
  } finally {
    await store.close();
  }
}

async function run(options: BoostOptions, policy: SidecarPolicy): Promise<void> {
  const { addr, loglevel, relays, dataDir } = options;
  const pretty = process.stdout.isTTY && !options.json;
  const log = createLogger({ level: loglevel, name: 'odf-boost', pretty });
  const timeouts = { headerWaitMs: options.requestTimeoutGetheader, requestTimeoutMs: options.requestTimeout };
  const opened = await openSettlement(options, policy, log);
  const settling = { ...opened, claimRelayPatienceMs: options.claimRelayPatience };
  const sidecar = await startSidecar({ relays, policy, dataDir, ...addr, ...timeouts, ...settling, log });
  log.info({ url: sidecar.url, relays: relays.length, validators: policy.validators.length }, 'odf-boost is up');
  const sending = new AbortController();
  const sent = opened?.transactions.run(sending.signal);
  const end = async (): Promise<void> => {
    await sidecar.stop();
    sending.abort();
    await sent;
    await opened?.transactions.close();
  };
  const stop = (): void => {
    log.info('stopping');
    // A second signal ends the process at once: everything durable is on disk already.
    void end().then(() => process.exit(0));
  };
  process.once('SIGTERM', stop).once('SIGINT', stop);
  await sidecar.done;
}

async function withProtection(
  command: Command,
  file: string,
  work: (protection: SlashingProtection, file: string) => Promise<number>,
  verb: string,
): Promise<void> {
  const store = await Store.open(command.optsWithGlobals<{ dataDir: string }>().dataDir);
  try {
    print(`${verb} ${await work(new SlashingProtection(store, systemClock), file)} entries`);
  } finally {
    await store.close();
  }
}

if (process.argv[2] === '--print-configuration') {
  print(JSON.stringify(settingsOf(program.options), null, 2));
  process.exit(0);
}

try {
  await program.parseAsync(process.argv.map(withTwoDashes));
} catch (error) {
  const expected = error instanceof PolicyError || error instanceof RefusedError;
  process.stderr.write(`odf-boost: ${expected ? error.message : ((error as Error).stack ?? String(error))}\n`);
  process.exit(1);
}
