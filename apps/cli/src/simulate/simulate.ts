import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { table } from '../text.js';
import { ADVERSARIES, adversaryOf } from './adversaries.js';
import { ambitionsOf } from './collusion.js';
import { evaluate, type Evaluation } from './evaluation.js';
import { jobsOf, PROFILES, type Profile } from './profile.js';
import { jsonOf, writeReport, type Report } from './report.js';
import { runJob, type Job, type RunResult } from './run.js';

const MOST_SEEDS = 1000;
const MOST_TERMS = 1000;

interface SimulateOptions {
  profile: keyof typeof PROFILES;
  seeds?: number;
  terms?: number;
  adversary: string[];
  json?: string;
  out?: string;
}

/** Exit codes: a claim that fails is told apart from a simulation that could not be run. */
export const EXIT = { holds: 0, fails: 1 } as const;

/** Runs all jobs of a profile, one after the other. */
export async function simulate(
  profile: Profile,
  progress: (done: number, all: number, job: Job) => void,
): Promise<Report> {
  const jobs = jobsOf(profile);
  const results: RunResult[] = [];
  for (const [done, job] of jobs.entries()) {
    progress(done, jobs.length, job);
    results.push(await runJob(job));
  }
  return { profile, evaluation: evaluate(results), ambitions: ambitionsOf(profile) };
}

/** `odf simulate`: the market's own code against adversaries, and whether MARKET.md's claims hold. */
export function simulateCommand(): Command {
  return new Command('simulate')
    .description('Runs the market over simulated terms against adversaries; fails when a claim about it does not hold.')
    .addOption(new Option('--profile <name>', 'how much').choices(Object.keys(PROFILES)).default('short'))
    .option('--seeds <n>', 'worlds of each kind', wholeNumber(1, MOST_SEEDS))
    .option('--terms <n>', 'terms of each run', wholeNumber(18, MOST_TERMS))
    .option('--adversary <name>', 'only this one, and nobody; may be repeated', addAdversary, [])
    .option('--json <file>', 'write the results as JSON')
    .option('--out <dir>', 'write market-evaluation.md, pictures and results there')
    .addHelpText(
      'after',
      `\nAdversaries:\n${table(Object.entries(ADVERSARIES).map(([name, { about }]) => [name, about]))}`,
    )
    .action(async (options: SimulateOptions) => {
      const report = await simulate(profileOf(options), stderrProgress);
      if (options.json) {
        mkdirSync(dirname(options.json), { recursive: true });
        writeFileSync(options.json, jsonOf(report));
      }
      if (options.out) for (const file of writeReport(options.out, report)) console.error(`wrote ${file}`);
      console.log(summaryOf(report.evaluation));
      process.exitCode = report.evaluation.claims.every(({ holds }) => holds) ? EXIT.holds : EXIT.fails;
    });
}

function profileOf({ profile, seeds, terms, adversary }: SimulateOptions): Profile {
  const chosen = PROFILES[profile];
  return {
    ...chosen,
    seeds: seeds ?? chosen.seeds,
    terms: terms ?? chosen.terms,
    adversaries: adversary.length > 0 ? adversary : chosen.adversaries,
  };
}

/** What fits on a screen: the claims, and net rewards. */
export function summaryOf({ rows, claims }: Evaluation): string {
  const percent = (value: number): string => value.toFixed(2);
  const figures = rows.map(({ adversary, market, net, missed, uncovered, fees, hhi, newcomerTerms }) => [
    ...[adversary, market, `${percent(net.mean)} (${percent(net.low)} to ${percent(net.high)})`],
    ...[percent(missed.mean), percent(uncovered.mean), percent(fees.mean), hhi.mean.toFixed(0)],
    newcomerTerms === null ? 'never' : String(newcomerTerms),
  ]);
  const head = ['adversary', 'market', 'net % (95 %)', 'missed %', 'uncovered %', 'fees %', 'HHI', 'newcomer'];
  const judged = claims.map(({ claim, holds, figures: by }) => `${holds ? '✔' : '✘'} ${claim}: ${by}`);
  return `${table([head, ...figures])}\n\n${judged.join('\n')}`;
}

function stderrProgress(done: number, all: number, { adversary, market, seed }: Job): void {
  console.error(`${done + 1}/${all} ${adversary} · ${market} · seed ${seed}`);
}

function wholeNumber(least: number, most: number): (given: string) => number {
  return (given) => {
    const value = Number(given);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`a whole number between ${least} and ${most} is needed.`);
  };
}

function addAdversary(given: string, before: string[]): string[] {
  try {
    adversaryOf(given);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
  return [...before, given];
}
