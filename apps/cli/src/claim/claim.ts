import { setTimeout as delay } from 'node:timers/promises';
import { ClaimEvidence, type Hex } from '@odf/protocol';
import { ClaimRefusal, mayBeFiledAgain, type SentTransaction } from '@odf/settlement';
import { Command } from 'commander';
import { BaseError } from 'viem';
import { privateKeyToAccount, type PrivateKeyAccount } from 'viem/accounts';
import { readJsonFile } from '../audit/bundle.js';
import { stderrProgress } from '../audit/progress.js';
import { readSecret } from '../keys/secret-file.js';
import { blocks, httpUrl, seconds, slashPlace, weiAmount, type ClaimOptions } from './claim-options.js';
import { ClaimSession, Unconfirmed, type ClaimReport } from './claim-session.js';
import { toJson } from '../text.js';
import { judgedText, reportText, refusalText } from './claim-text.js';
import { SlashNotFound } from './find-slash.js';
import { reasonOf } from './reason-of.js';

/** Exit codes: scripts tell a refusal from a claim that could not be tried, and from one that only takes its time. */
export const CLAIM_EXIT = { filed: 0, refused: 1, untried: 2, unconfirmed: 3 } as const;

const LOOK_MS = 2_000;
/** Nothing is paid for these any more, a first veto apart, which {@link mayBeFiledAgain} tells. */
const LOST: readonly ClaimReport['state'][] = ['rejected', 'vetoed'];

async function run(options: ClaimOptions): Promise<number> {
  const evidence = readJsonFile(options.evidence, ClaimEvidence, 'the evidence of a claim');
  const account = options.dryRun ? undefined : accountOf(options);
  const sender = (account?.address.toLowerCase() as Hex | undefined) ?? evidence.operator;
  const session = await ClaimSession.open(evidence, sender, options);
  const { transaction, log_index } = session.evidence.slash!;
  stderrProgress(`slash: ${transaction}, log ${log_index}`);
  if (!account) {
    console.log(await dryRun(session, options));
    return CLAIM_EXIT.filed;
  }
  const filed = await session.file(account, options.dataDir, tell);
  const last = options.wait ? await untilPaid(session, filed, account, options) : filed;
  console.log(options.json ? toJson(last) : reportText(last));
  return LOST.includes(last.state) ? CLAIM_EXIT.refused : CLAIM_EXIT.filed;
}

/** What the chain would hold, or where the claim stands that somebody has filed already. */
async function dryRun(session: ClaimSession, { json }: ClaimOptions): Promise<string> {
  const standing = await session.standing();
  if (standing && !mayBeFiledAgain(standing)) {
    return json ? toJson(standing) : `${reportText(standing)}\nit stands already; nothing was sent`;
  }
  const judged = await session.judge();
  return json ? toJson(judged) : judgedText(judged);
}

/**
 * The account that pays.
 *
 * @throws {Error} when none is named, or the file holds no key; the message does not show what is in it.
 */
export function accountOf({ accountKey }: Pick<ClaimOptions, 'accountKey'>): PrivateKeyAccount {
  if (accountKey === undefined)
    throw new Error('name the account that pays gas and bond with --account-key, or give --dry-run');
  const secret = readSecret(accountKey);
  try {
    return privateKeyToAccount(secret);
  } catch {
    // What viem says shows the key.
    throw new Error(`${accountKey} holds no secret key of an account`);
  }
}

/** Waits for the end of the windows, by the chain's time, and pays; files once more what is vetoed for the first time. */
async function untilPaid(
  session: ClaimSession,
  { claim_id }: ClaimReport,
  account: PrivateKeyAccount,
  { dataDir }: ClaimOptions,
): Promise<ClaimReport> {
  let said = '';
  for (;;) {
    const { now_ms, ...report } = await session.look(claim_id);
    const isRipe = report.state === 'filed' && report.finalisable_at_ms <= now_ms;
    if (mayBeFiledAgain(report)) {
      stderrProgress('vetoed: it is filed once more');
      await session.file(account, dataDir, tell);
      continue;
    }
    const isOver = report.state === 'finalised' || LOST.includes(report.state);
    if (isRipe || isOver) return session.pay(account, dataDir, claim_id, tell);
    const line = `${report.state}; can be paid from ${new Date(report.finalisable_at_ms).toISOString()} of the chain's time`;
    if (line !== said) stderrProgress((said = line));
    await delay(LOOK_MS);
  }
}

function tell(what: string, { transaction, status, reason }: SentTransaction): void {
  stderrProgress(
    `${what.split('/').slice(0, 2).join(' ')}: ${transaction}${status === 'success' ? '' : ` reverted: ${reason ?? ''}`}`,
  );
}

/** Exit code and text of what went wrong. */
function failureOf(error: unknown): [code: number, text: string] {
  if (error instanceof Unconfirmed)
    return [CLAIM_EXIT.unconfirmed, `unconfirmed: ${error.message}; run the same again`];
  if (error instanceof ClaimRefusal || error instanceof SlashNotFound) {
    const isEarly = error instanceof ClaimRefusal && error.kind === 'unconfirmed';
    return [isEarly ? CLAIM_EXIT.unconfirmed : CLAIM_EXIT.refused, refusalText(error)];
  }
  const where = error instanceof BaseError ? 'the node of --chain-rpc-url: ' : '';
  return [CLAIM_EXIT.untried, `could not be tried: ${where}${reasonOf(error)}`];
}

/** `odf claim`: files a fraud claim on the chain from its evidence alone, with neither relay nor sidecar. */
export function claimCommand(): Command {
  return new Command('claim')
    .description(
      'Files a fraud claim on the chain from its evidence alone: anchors the slash if need be, proves it, files. ' +
        'Whoever files, the slashed operator is made whole; a claim that somebody has filed already is only shown.',
    )
    .requiredOption('--evidence <file>', 'bundle as odf-boost keeps it, and as GET …/claims/{id}/evidence gives it')
    .requiredOption('--chain-rpc-url <url>', "JSON-RPC of the settlement's chain", httpUrl)
    .option('--account-key <file>', 'secp256k1 secret of the account that pays gas and bond: 0x and 64 hex digits')
    .option('--dry-run', 'let the chain judge the claim and send nothing', false)
    .option('--wait', 'stay until the windows are over, then pay the claim and take out what the account is due', false)
    .option('--slash <tx[:log]>', "the slash; the evidence's own, or looked up on the chain, unless given", slashPlace)
    .option('--amount <wei>', 'the most that is asked; all that is due unless given, as a stranger must', weiAmount)
    .option('--confirmations <blocks>', 'how deep the slash must be, its own block included', blocks, 12)
    .option('--patience <seconds>', 'how long each transaction may take until it is in a block', seconds, 600)
    .option('--data-dir <dir>', 'keeps what was sent, so that nothing is sent twice', '.odf/claim')
    .option('--json', 'print JSON', false)
    .addHelpText(
      'after',
      '\nExit code: 0 filed (with --wait: paid; with --dry-run: would be taken, or stands already), 1 refused or lost,\n' +
        '2 could not be tried, 3 not confirmed yet (the slash, or what was sent): run the same again, nothing is sent twice.\n' +
        '\nExample:\n  odf claim --evidence 0x…json --chain-rpc-url https://rpc --account-key operator.key --wait\n',
    )
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : CLAIM_EXIT.untried))
    .action(async (options: ClaimOptions) => {
      try {
        process.exitCode = await run(options);
      } catch (error) {
        const [code, text] = failureOf(error);
        console.error(text);
        if (process.env['LOG_LEVEL'] === 'debug') console.error(error);
        process.exitCode = code;
      }
    });
}
