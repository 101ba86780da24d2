import { ADVERSARIES, adversaryOf } from './adversaries.js';
import { OURS } from './market-rules.js';
import type { RunResult } from './run.js';
import { bandOf, intervalOf, medianOf, type Interval } from './statistics.js';
import { EVALUATED_TERMS } from './units.js';

/** What is told of a market against an adversary, over all seeds; shares in per cent of all rewards. */
export interface Row {
  adversary: string;
  market: string;
  net: Interval;
  /** Net reward that the same worlds have more when everybody is honest. */
  cost: Interval;
  missed: Interval;
  unserved: Interval;
  byStandbys: Interval;
  uncovered: Interval;
  fees: Interval;
  hhi: Interval;
  /** What the ring made beyond what its honest members would have made. */
  ringGain: Interval;
  identities: Interval;
  /** Median over the seeds; null when the newcomer never came to 2 % in most. */
  newcomerTerms: number | null;
  overPromised: number;
  netByTerm: Interval[];
  newcomerByTerm: Interval[];
}

/** Something that must hold, and by which figures it does or does not. */
export interface Claim {
  claim: string;
  holds: boolean;
  figures: string;
}

/** All that an evaluation says. */
export interface Evaluation {
  rows: Row[];
  claims: Claim[];
  /** By lie: how often it was told, and what showed it. */
  lies: { lie: string; told: number; caught: number; findings: string[] }[];
}

/** The most that an adversary may cost validators: 2 % of what 180 terms pay, in per cent of one term. */
const MOST_COST = 2 * EVALUATED_TERMS;
const MOST_NEWCOMER_TERMS = 10;
/** Of fewer seeds an interval says nothing: the mean must do. */
const SEEDS_FOR_INTERVALS = 5;

/** Puts the runs of all seeds together and judges the claims that they can tell about. */
export function evaluate(results: readonly RunResult[]): Evaluation {
  const rows = groupsOf(results).map((group) => rowOf(group, results));
  const lies = liesOf(results);
  return { rows, lies, claims: claimsOf(results, lies) };
}

function groupsOf(results: readonly RunResult[]): RunResult[][] {
  const groups = new Map<string, RunResult[]>();
  for (const result of results) {
    const key = `${result.job.adversary}/${result.job.market}`;
    groups.set(key, [...(groups.get(key) ?? []), result]);
  }
  return [...groups.values()];
}

function rowOf(group: readonly RunResult[], all: readonly RunResult[]): Row {
  const { adversary, market } = group[0]!.job;
  const of = (pick: (result: RunResult) => number): Interval => intervalOf(group.map(pick));
  const newcomer = medianOf(group.map(({ newcomerTerms }) => newcomerTerms ?? Infinity));
  return {
    adversary,
    market,
    net: of(({ net }) => net),
    cost: of((result) => costOf(result, all)),
    missed: of(({ missed }) => missed),
    unserved: of(({ unserved }) => unserved),
    byStandbys: of(({ byStandbys }) => byStandbys),
    uncovered: of(({ uncovered }) => uncovered),
    fees: of(({ fees }) => fees),
    hhi: of(({ hhi }) => hhi),
    ringGain: of((result) => ringGain(result, all)),
    identities: of(({ identities }) => identities),
    newcomerTerms: Number.isFinite(newcomer) ? newcomer : null,
    overPromised: Math.max(...group.map(({ overPromised }) => overPromised)),
    netByTerm: bandOf(group.map(({ netByTerm }) => netByTerm)),
    newcomerByTerm: bandOf(group.map(({ newcomerByTerm }) => newcomerByTerm)),
  };
}

function costOf(result: RunResult, all: readonly RunResult[]): number {
  const honest = sameWorld(result, all, 'none');
  return honest ? honest.net - result.net : 0;
}

/** A ring's profit less what its honest members make in the same world when nobody colludes. */
function ringGain(result: RunResult, all: readonly RunResult[]): number {
  if (result.ringHonestly.length === 0) return result.ringProfit;
  const honest = sameWorld(result, all, 'none');
  return honest ? result.ringProfit - result.ringHonestly.reduce((sum, name) => sum + honest.profits[name]!, 0) : 0;
}

/** The run of the same seed and market against another adversary. */
function sameWorld({ job }: RunResult, all: readonly RunResult[], adversary: string): RunResult | undefined {
  return all.find(
    (one) => one.job.seed === job.seed && one.job.market === job.market && one.job.adversary === adversary,
  );
}

function liesOf(results: readonly RunResult[]): Evaluation['lies'] {
  const told = results.flatMap(({ lies }) => lies);
  return [...new Set(told.map(({ lie }) => lie))].map((lie) => {
    const own = told.filter((one) => one.lie === lie);
    const findings = own.flatMap(({ finding }) => (finding === null ? [] : [finding]));
    return { lie, told: own.length, caught: findings.length, findings: [...new Set(findings)] };
  });
}

function claimsOf(results: readonly RunResult[], lies: Evaluation['lies']): Claim[] {
  const ours = results.filter(({ job }) => job.market === OURS.name);
  const against = (adversary: string): RunResult[] => ours.filter(({ job }) => job.adversary === adversary);
  const cartels = Object.keys(ADVERSARIES).filter((name) => name.startsWith('cartel'));
  return [
    ...['withholders', 'exit scam'].flatMap((name) => costClaim(name, against(name), ours)),
    ...[...cartels, 'shills', 'capacity withholding'].flatMap((name) => gainClaim(name, against(name), ours)),
    ...newcomerClaim(against('none')),
    ...coverClaim(ours),
    ...lieClaims(lies),
    replayClaim(results),
  ];
}

function costClaim(name: string, runs: readonly RunResult[], all: readonly RunResult[]): Claim[] {
  if (runs.length === 0) return [];
  const cost = intervalOf(runs.map((run) => costOf(run, all)));
  const most = MOST_COST / runs[0]!.job.terms;
  return [
    {
      claim: `${name}: costs validators less than ${most.toFixed(1)} points of net reward`,
      holds: (runs.length < SEEDS_FOR_INTERVALS ? cost.mean : cost.high) < most,
      figures: `${show(cost)} points`,
    },
  ];
}

function gainClaim(name: string, runs: readonly RunResult[], all: readonly RunResult[]): Claim[] {
  if (runs.length === 0) return [];
  const gain = intervalOf(runs.map((run) => ringGain(run, all)));
  return [{ claim: `${name}: gains nothing by it`, holds: gain.mean <= 0, figures: `${show(gain)} % of all rewards` }];
}

function newcomerClaim(runs: readonly RunResult[]): Claim[] {
  const terms = runs.map(({ newcomerTerms }) => newcomerTerms ?? Infinity);
  return [
    {
      claim: `a cheap honest newcomer serves 2 % within ${MOST_NEWCOMER_TERMS} terms`,
      holds: terms.length > 0 && Math.max(...terms) <= MOST_NEWCOMER_TERMS,
      figures: `after ${Math.max(...terms)} terms at most`,
    },
  ];
}

function coverClaim(ours: readonly RunResult[]): Claim[] {
  const over = Math.max(...ours.map(({ overPromised }) => overPromised));
  return [{ claim: 'no cover is promised twice', holds: over === 0, figures: `${over} stakes beyond what lines hold` }];
}

function lieClaims(lies: Evaluation['lies']): Claim[] {
  if (lies.length === 0) return [];
  const told = lies.filter(({ lie }) => lie !== 'nothing');
  const passed = told.filter(({ told: times, caught }) => caught < times).map(({ lie }) => lie);
  const accused = lies.find(({ lie }) => lie === 'nothing')?.caught ?? 0;
  const times = told.reduce((sum, one) => sum + one.told, 0);
  return [
    {
      claim: 'every lie of the relay is caught, and no honest auction is accused',
      holds: passed.length === 0 && accused === 0,
      figures: `${times} lies of ${told.length} kinds; passed: ${passed.join(', ') || 'none'}; accused: ${accused}`,
    },
  ];
}

function replayClaim(results: readonly RunResult[]): Claim {
  const auctions = results.reduce((sum, { replayed }) => sum + replayed.auctions, 0);
  const equal = results.reduce((sum, { replayed }) => sum + replayed.equal, 0);
  return {
    claim: 'every auction of a simulated day replays byte for byte',
    holds: auctions > 0 && auctions === equal,
    figures: `${equal} of ${auctions}`,
  };
}

function show({ mean, low, high }: Interval): string {
  return `${mean.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`;
}

/** What a market is compared with against an adversary. */
export function baselineOf(adversary: string): string {
  return adversaryOf(adversary).baseline;
}
