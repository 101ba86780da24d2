import { baselineOf, type Evaluation, type Row } from '../evaluation.js';
import { OURS } from '../market-rules.js';
import type { Interval } from '../statistics.js';
import { intervalsPlot } from './intervals-plot.js';
import { termsPlot } from './terms-plot.js';

/** Adversaries whose course over the terms is drawn. */
const COURSES = ['withholders', 'sybils', 'exit scam', 'outage'] as const;
const SERIES = ['naive', 'ours'] as const;

/** The pictures of an evaluation by their file names. */
export function plotsOf({ rows }: Evaluation): Map<string, string> {
  const find = (adversary: string, market: string): Row | undefined =>
    rows.find((row) => row.adversary === adversary && row.market === market);
  const names = [...new Set(rows.map(({ adversary }) => adversary))];
  const pairs = (pick: (row: Row) => Interval) =>
    names.map((name) => ({
      name,
      values: [find(name, baselineOf(name)), find(name, OURS.name)].map((row) => (row ? pick(row) : null)),
    }));
  const plots = new Map<string, string>();
  plots.set(
    'net-reward.svg',
    intervalsPlot({
      ...{ title: 'What validators keep of their rewards', axis: 'net reward, % of all rewards, with 95 % intervals' },
      ...{ series: SERIES, rows: pairs(({ net }) => net), domain: [0, 100] },
    }),
  );
  plots.set(
    'concentration.svg',
    intervalsPlot({
      ...{ title: 'How concentrated the market is', axis: 'Herfindahl–Hirschman index (10,000: one serves all)' },
      ...{ series: SERIES, rows: pairs(({ hhi }) => hhi), domain: [0, 10_000] },
    }),
  );
  const ablations = rows.filter(({ adversary, market }) => market !== OURS.name && market !== baselineOf(adversary));
  if (ablations.length > 0) plots.set('ablations.svg', ablationsPlot(ablations, find));
  const courses = COURSES.filter((name) => names.includes(name));
  if (courses.length > 0) plots.set('net-by-term.svg', coursesPlot(courses, find));
  plots.set('newcomer.svg', newcomerPlot(find));
  return plots;
}

type Find = (adversary: string, market: string) => Row | undefined;

function ablationsPlot(ablations: readonly Row[], find: Find): string {
  return intervalsPlot({
    title: 'What each part of the market is good for',
    axis: 'net reward, % of all rewards, with 95 % intervals',
    series: ['without it, or otherwise', 'the market as it is'],
    rows: ablations.map(({ adversary, market, net }) => ({
      name: `${market}: ${adversary}`,
      values: [net, find(adversary, OURS.name)?.net ?? null],
    })),
  });
}

function coursesPlot(names: readonly string[], find: Find): string {
  return termsPlot({
    title: 'Net reward of each term',
    axis: 'net reward in % of the term’s rewards (below 0 cut off), with 95 % bands',
    series: SERIES,
    panels: names.map((name) => ({
      name,
      bands: [find(name, baselineOf(name)), find(name, OURS.name)].map((row) => row?.netByTerm ?? []),
    })),
    domain: [0, 100],
  });
}

function newcomerPlot(find: Find): string {
  const bands = [find('none', baselineOf('none')), find('none', OURS.name)].map((row) => row?.newcomerByTerm ?? []);
  const most = Math.max(5, ...bands.flat().map(({ high }) => high));
  return termsPlot({
    title: 'The share of a cheap, honest newcomer',
    axis: 'share of all units in %, with 95 % bands',
    series: SERIES,
    panels: [{ name: 'nobody attacks', bands }],
    domain: [0, Math.ceil(most / 5) * 5],
  });
}
