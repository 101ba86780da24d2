import { Command } from 'commander';
import { askRelay } from '../audit/fetch-bundle.js';
import { stderrProgress, withVerifier } from '../audit/progress.js';
import { httpUrl } from '../claim/claim-options.js';
import { toJson } from '../text.js';
import { buildStatement, shownClaims, shownFees, type Statement } from './build-statement.js';
import { StatementChain } from './chain-records.js';
import { RelayCollector } from './collect.js';
import { askStatus } from './own-status.js';
import { statementCsv } from './statement-csv.js';
import { account, filterOf, id, key, moment, subjectOf, type StatementOptions } from './statement-options.js';
import { statementText } from './statement-text.js';

/** Exit codes: scripts tell a contradiction from a statement that could not be made. */
export const STATEMENT_EXIT = { agrees: 0, contradiction: 1, unmade: 2 } as const;

/**
 * Reads relay, chain and own program in an order in which none can be outrun: what the relay shows as final stands on the
 * chain that is read after it, and what the chain has paid on is a voucher that the relay shows after that.
 */
async function make(options: StatementOptions): Promise<Statement> {
  const filter = filterOf(options);
  const asked = await askRelay(options.relay);
  if (!asked.client.url.pubkey) stderrProgress(`the URL names no key: taking the relay's word for ${asked.pubkey}`);
  const subject = await subjectOf(options, asked);
  const chain =
    options.chainRpcUrl === undefined
      ? null
      : await StatementChain.open(options.chainRpcUrl, asked.info, stderrProgress);
  const before = options.status === undefined ? null : await askStatus(options.status);
  return withVerifier(stderrProgress, async (verify) => {
    const collector = new RelayCollector(asked, subject, verify, stderrProgress);
    const records = await collector.records(filter);
    const onChain = chain && (await chain.read(records.fees, shownFees(subject, records), shownClaims(records)));
    const byContract = chain && chain.isContractSignature.bind(chain);
    const vouchers = await collector.vouchers(records.fees, byContract);
    const own = before && { before, after: await askStatus(options.status!) };
    const { contradictions } = collector;
    return buildStatement({ subject, relay: { ...records, vouchers }, chain: onChain, own, contradictions });
  });
}

async function run(options: StatementOptions): Promise<number> {
  if (options.json && options.csv) throw new Error('give --json or --csv, not both');
  const statement = await make(options);
  if (options.json) console.log(toJson(statement));
  else if (options.csv) console.log(statementCsv(statement));
  else console.log(statementText(statement));
  if (options.csv) {
    for (const { code, at, expected, found } of statement.contradictions) {
      console.error(`contradiction: ${code}, ${at}: expected ${expected}, found ${found}`);
    }
  }
  return statement.agrees ? STATEMENT_EXIT.agrees : STATEMENT_EXIT.contradiction;
}

/** `odf statement`: what was served, is owed and was paid by term, for an operator or an owner, checked and not told. */
export function statementCommand(): Command {
  return new Command('statement')
    .description(
      'States by term what was served, is owed, vouched and paid, and what claims hold, for the operator of validators or ' +
        'the owner of coprocessors; checks it by signatures, by the chain and by the own program.',
    )
    .requiredOption('--relay <url>', 'https://0x<pubkey>@host[:port]')
    .option('--operator <account>', 'the account that pays', account)
    .option('--validator <pubkey>', "one validator's part of its operator's statement", key)
    .option('--owner <account>', 'the account that is paid', account)
    .option('--coprocessor <pubkey>', "one coprocessor's part of its owner's statement", key)
    .option('--avs <id>', 'only terms of this AVS', id)
    .option('--term <auction>', 'only this term', id)
    .option('--from <time>', 'only terms that start then or later, ISO 8601', moment)
    .option('--to <time>', 'only terms that start before, ISO 8601', moment)
    .option('--chain-rpc-url <url>', "JSON-RPC of the settlement's chain: what was accepted, paid and claimed", httpUrl)
    .option('--status <url>', 'what --addr of odf-boost or odf-coprocessor says: hold the relay against it', httpUrl)
    .option('--json', 'print JSON, amounts in wei', false)
    .option('--csv', 'print a line for every fee and claim, amounts in wei', false)
    .addHelpText(
      'after',
      '\nExit code: 0 everything asked agrees, 1 contradiction, 2 no statement could be made.\n' +
        '\nExample:\n  odf statement --relay https://0x…@relay --operator 0x… --from 2026-11-01 --chain-rpc-url https://rpc\n',
    )
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : STATEMENT_EXIT.unmade))
    .action(async (options: StatementOptions) => {
      try {
        process.exitCode = await run(options);
      } catch (error) {
        console.error(`no statement: ${error instanceof Error ? error.message : String(error)}`);
        if (process.env['LOG_LEVEL'] === 'debug') console.error(error);
        process.exitCode = STATEMENT_EXIT.unmade;
      }
    });
}
