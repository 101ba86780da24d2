import { Command, InvalidArgumentError } from 'commander';
import { bytes20, type Hex, type ReputationScore } from '@odf/protocol';
import { askRelay } from '../audit/fetch-bundle.js';
import { stderrProgress, withVerifier } from '../audit/progress.js';
import { table, toJson } from '../text.js';
import { fetchScores, fetchSources, TranscriptInvalid } from './fetch-records.js';
import { recomputeScores, type Recomputation } from './recompute.js';

/** Exit codes: scripts tell a contradiction from a recomputation that could not be made. */
export const REPUTATION_EXIT = { agrees: 0, contradiction: 1, unmade: 2 } as const;

interface ReputationOptions {
  relay: string;
  asOf?: string;
  json: boolean;
}

type ShowOptions = ReputationOptions & { owner?: Hex };

function isoDay(text: string): string {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || Number.isNaN(Date.parse(text))) {
    throw new InvalidArgumentError('expected a UTC day, such as 2026-11-27');
  }
  return text;
}

function account(text: string): Hex {
  const read = bytes20.json.safeParse(text);
  if (!read.success) throw new InvalidArgumentError('expected an account: 0x and 40 hex digits');
  return read.data;
}

async function recompute({ relay, asOf, json }: ReputationOptions): Promise<number> {
  const asked = await askRelay(relay);
  const sources = await withVerifier(stderrProgress, (verify) =>
    fetchSources(asOf, { relay: asked, verify, progress: stderrProgress }),
  );
  if (!sources) {
    console.log(
      json ? toJson({ day: null, owners: 0, events: 0, auctions: 0, differences: [] }) : 'no day is folded yet',
    );
    return REPUTATION_EXIT.agrees;
  }
  const made = recomputeScores(sources);
  console.log(json ? toJson(made) : recomputationText(made));
  return made.differences.length === 0 ? REPUTATION_EXIT.agrees : REPUTATION_EXIT.contradiction;
}

async function show({ relay, asOf, owner, json }: ShowOptions): Promise<number> {
  const scores = await fetchScores(await askRelay(relay), asOf);
  const shown = scores.filter((score) => owner === undefined || score.owner === owner);
  console.log(json ? toJson(shown) : scoresText(shown));
  return REPUTATION_EXIT.agrees;
}

/** A recomputation in words. */
export function recomputationText({ day, owners, events, auctions, differences }: Recomputation): string {
  const head = `scores at the end of ${day}: ${owners} owners from ${events} events and ${auctions} auctions`;
  if (differences.length === 0) return `${head}\nevery stored score is what its events make of it`;
  const rows = differences.map(
    ({ owner, number, stored, recomputed }) =>
      `contradiction: ${number} of ${owner}\n  stored      ${stored}\n  recomputed  ${recomputed}`,
  );
  return [head, ...rows].join('\n');
}

function scoresText(scores: readonly ReputationScore[]): string {
  if (scores.length === 0) return 'nobody has a record at the end of that day';
  const percent = (bps: number): string => `${(bps / 100).toFixed(2)} %`;
  const fixed = (amount: bigint): string => (Number(amount) / 1e9).toFixed(3);
  return table([
    ['owner', 'day', 'live', 'good', 'bad', 'safe', 'good', 'bad'],
    ...scores.map(({ owner, day, live, safe }) => [
      ...[owner, day, percent(live.lower_bound_bps), fixed(live.r), fixed(live.s)],
      ...[percent(safe.lower_bound_bps), fixed(safe.r), fixed(safe.s)],
    ]),
  ]);
}

/** Runs a subcommand and tells in words what kept it from its answer. */
function answering<O>(work: (options: O) => Promise<number>): (options: O) => Promise<void> {
  return async (options) => {
    try {
      process.exitCode = await work(options);
    } catch (error) {
      const invalid = error instanceof TranscriptInvalid;
      console.error(
        `${invalid ? 'contradiction' : 'not done'}: ${error instanceof Error ? error.message : String(error)}`,
      );
      process.exitCode = invalid ? REPUTATION_EXIT.contradiction : REPUTATION_EXIT.unmade;
    }
  };
}

function subcommand(name: string): Command {
  return new Command(name)
    .requiredOption('--relay <url>', 'https://0x<pubkey>@host[:port]')
    .option('--as-of <day>', 'at the end of this UTC day; the newest that is folded unless told', isoDay)
    .option('--json', 'print JSON', false)
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : REPUTATION_EXIT.unmade));
}

/** `odf reputation`: what a relay makes of its coprocessors, and whether it follows from what it has published. */
export function reputationCommand(): Command {
  return new Command('reputation')
    .description("Shows a relay's scores of coprocessors' owners, and recomputes them from its public events.")
    .addCommand(
      subcommand('recompute')
        .description(
          'Computes every score from public events and audited transcripts, and compares with the stored ones.',
        )
        .addHelpText(
          'after',
          '\nExit code: 0 every score agrees, 1 contradiction, 2 it could not be made.\n' +
            '\nExample:\n  odf reputation recompute --relay https://0x…@relay --as-of 2026-11-26\n',
        )
        .action(answering(recompute)),
    )
    .addCommand(
      subcommand('show')
        .description('Shows scores: lower bounds that policies ask for, and the weighted observations behind them.')
        .option('--owner <account>', 'only of this owner', account)
        .action(answering(show)),
    );
}
