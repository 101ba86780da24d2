import type { SignatureVerifier } from '@odf/bls';
import { TransactionsRepository, type QueryRunnerLike } from '@odf/persistence';
import type { Hex } from '@odf/protocol';
import {
  ChainClaimDesk,
  collateralVaultAbi,
  coverLinesAbi,
  devAccount,
  finaliseCall,
  fraudClaimsAbi,
  oracleOfLine,
  receiptOracleAbi,
  TxOutbox,
  type OutboxLog,
} from '@odf/settlement';
import { Secret } from '@odf/telemetry';
import { readFileSync } from 'node:fs';
import type { Logger } from 'pino';
import type { LocalAccount } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { AccountWatch } from './core/account-watch.js';
import { reasonOf } from './core/reason-of.js';
import type { RelayChain } from './core/relay-chain.js';
import type { RelayFiler } from './core/relay-filer.js';
import type { Background } from './health/lifecycle.js';
import { ConfigError, type RelayConfig } from './relay.config.js';
import type { SettlementParts } from './relay.settlement.js';

/** What a filer is made of. */
export interface FilerParts extends SettlementParts {
  chain: RelayChain;
  verifier: SignatureVerifier;
}

/** The filer, and what sends its transactions beside the requests. */
export interface OpenedFiler {
  filer: RelayFiler;
  background: Background[];
}

/** Nobody else of a local settlement sends from this one. */
const DEV_ACCOUNT = 9;

/**
 * Opens the account of the configuration; null where it names none, so that this relay files no claims.
 *
 * @throws {ConfigError} when the key cannot be read.
 */
export function openFiler(parts: FilerParts): OpenedFiler | null {
  const { config, chain, database, clock, metrics, logger } = parts;
  const account = accountOf(config);
  if (account === null) {
    logger.warn(
      'no account on the chain: slashes are not anchored and claims not filed; set CHAIN_ACCOUNT_KEY_FILE to the key of one',
    );
    return null;
  }
  const { client, deployment, confirmations } = chain;
  const outbox = new TxOutbox<QueryRunnerLike>({
    client,
    account,
    chainId: deployment.chainId,
    store: new TransactionsRepository(database),
    confirmations,
    clock,
    log: withoutUrls(logger),
    abis: [fraudClaimsAbi, receiptOracleAbi, coverLinesAbi, collateralVaultAbi],
  });
  const watch = new AccountWatch({ client, deployment, address: account.address, outbox, clock, metrics, logger });
  const filer: RelayFiler = {
    outbox,
    deskOf: desks(parts, account),
    finalise: (claimId) => finaliseCall(deployment, claimId),
  };
  return { filer, background: [sending(outbox), watch] };
}

/** The desk that proves to the oracle which a line trusts. */
function desks({ chain, verifier }: FilerParts, account: LocalAccount): RelayFiler['deskOf'] {
  const { client, deployment, confirmations } = chain;
  return async (lineId) =>
    new ChainClaimDesk({
      client,
      deployment,
      oracle: await oracleOfLine(client, deployment, lineId),
      signatures: verifier,
      confirmations: BigInt(confirmations),
      sender: account.address.toLowerCase() as Hex,
    });
}

/** What the outbox logs, without the URLs that errors of the chain carry. */
function withoutUrls(logger: Logger): OutboxLog {
  const plain = ({ err, ...members }: { err?: unknown }) => (err ? { ...members, reason: reasonOf(err) } : members);
  return {
    info: (members, message) => logger.info(plain(members), message),
    warn: (members, message) => logger.warn(plain(members), message),
  };
}

function sending(outbox: TxOutbox<QueryRunnerLike>): Background {
  const stopping = new AbortController();
  let running: Promise<void> | undefined;
  return {
    start: () => {
      running ??= outbox.run(stopping.signal);
    },
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}

function accountOf({ chainAccountKey, chainAccountKeyFile, chainRpcUrl }: RelayConfig): LocalAccount | null {
  const key = chainAccountKeyFile === undefined ? chainAccountKey : keyFrom(chainAccountKeyFile);
  if (key !== undefined) return accountFrom(key);
  // The embedded chain is this relay's own, and its accounts are funded and public.
  return chainRpcUrl === undefined ? devAccount(DEV_ACCOUNT) : null;
}

function keyFrom(file: string): Secret<Hex> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new ConfigError(`CHAIN_ACCOUNT_KEY_FILE: ${(cause as Error).message}`, { cause });
  }
  if (!/^0x[0-9a-fA-F]{64}$/.test(text)) {
    throw new ConfigError(`CHAIN_ACCOUNT_KEY_FILE: ${file} does not hold 0x and 64 hex digits`);
  }
  return new Secret(text as Hex);
}

/** viem's own refusal of a key would print it. */
function accountFrom(key: Secret<Hex>): LocalAccount {
  try {
    return privateKeyToAccount(key.expose());
  } catch {
    throw new ConfigError('CHAIN_ACCOUNT_KEY: is no secp256k1 key');
  }
}
