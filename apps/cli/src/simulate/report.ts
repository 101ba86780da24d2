import { mkdirSync, writeFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { adversaryOf } from './adversaries.js';
import type { Ambition } from './collusion.js';
import { baselineOf, type Evaluation, type Row } from './evaluation.js';
import { OURS } from './market-rules.js';
import { plotsOf } from './plots/plots.js';
import type { Profile } from './profile.js';
import type { Interval } from './statistics.js';

const PAGE = 'market-evaluation.md';
const FOLDER = 'market-evaluation';
const BEGIN = '<!-- results of odf simulate -->';
const END = '<!-- end of results -->';

/** Everything that is written down. */
export interface Report {
  profile: Profile;
  evaluation: Evaluation;
  ambitions: readonly Ambition[];
}

/** The results as Markdown: claims, tables and pictures. */
export function markdownOf({ profile, evaluation, ambitions }: Report, pictures: readonly string[] = []): string {
  const { rows, claims, lies } = evaluation;
  const { seeds, terms, units } = profile;
  const compared = rows.filter((row) => row.market === OURS.name || row.market === baselineOf(row.adversary));
  const ablations = rows.filter((row) => !compared.includes(row));
  const sections = [
    `${seeds} seeds, ${terms} terms, ${units.toLocaleString('en')} validators. Shares are in % of all rewards, ± is the half of a 95 % interval.`,
    [
      '### Claims',
      table(
        ['', 'claim', 'figures'],
        claims.map(({ claim, holds, figures }) => [holds ? 'holds' : '**fails**', claim, figures]),
      ),
    ],
    ['### Naive against ours', table(HEAD, compared.map(cellsOf))],
    ...(ablations.length > 0 ? [['### Without its parts', table(HEAD, ablations.map(cellsOf))]] : []),
    ['### What collusion could gain at best', AMBITIONS, table(AMBITION_HEAD, ambitions.map(ambitionCells))],
    ...(lies.length > 0
      ? [
          [
            '### Lies of the relay',
            table(
              ['lie', 'told', 'caught', 'by'],
              lies.map((one) => [one.lie, `${one.told}`, `${one.caught}`, one.findings.join(', ')]),
            ),
          ],
        ]
      : []),
    ...(pictures.length > 0
      ? [pictures.map((file) => `![${file.replace('.svg', '')}](${FOLDER}/${file})`).join('\n')]
      : []),
  ];
  return `${sections.flat().join('\n\n')}\n`;
}

const HEAD = [
  'adversary',
  'market',
  'net',
  'cost',
  'missed',
  'unserved',
  'by standbys',
  'uncovered',
  'fees',
  'HHI',
  'ring',
  'identities',
  'newcomer',
];

const AMBITIONS =
  'One auction of honest bids, then the best of five mark-ups for all of a ring but its cheapest: what the ring gains and what all validators pay more, in % of all payments.';
const AMBITION_HEAD = ['ring', 'gain', 'payments'];

function ambitionCells({ size, gain, overcharge }: Ambition): string[] {
  return [`the ${size} cheapest of 24`, show(gain, 2), show(overcharge, 2)];
}

function cellsOf(row: Row): string[] {
  return [
    row.adversary,
    row.market,
    ...[row.net, row.cost, row.missed, row.unserved, row.byStandbys, row.uncovered, row.fees].map((value) =>
      show(value, 2),
    ),
    show(row.hhi, 0),
    show(row.ringGain, 2),
    row.identities.mean === 0 ? '' : show(row.identities, 0),
    row.newcomerTerms === null ? 'never' : `${row.newcomerTerms}`,
  ];
}

function show({ mean, high }: Interval, digits: number): string {
  const [middle, half] = [mean.toFixed(digits), (high - mean).toFixed(digits)];
  return Number(half) === 0 ? middle : `${middle} ± ${half}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((name, at) => Math.max(3, name.length, ...rows.map((row) => row[at]!.length)));
  const written = (row: readonly string[]): string =>
    `| ${row.map((cell, at) => cell.padEnd(widths[at]!)).join(' | ')} |`;
  return [written(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...rows.map(written)].join(
    '\n',
  );
}

/** The results as JSON; the same for the same profile, byte for byte. */
export function jsonOf({ profile, evaluation, ambitions }: Report): string {
  const adversaries = Object.fromEntries(
    [...new Set(evaluation.rows.map(({ adversary }) => adversary))].map((name) => [name, adversaryOf(name).about]),
  );
  return `${JSON.stringify({ profile, adversaries, ...evaluation, ambitions }, rounded, 1)}\n`;
}

/** Six digits: what lies beyond is chance. */
function rounded(_: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(6)) : value;
}

/** Writes the page, its pictures and the results beside them; what people wrote around the results stays. */
export function writeReport(folder: string, report: Report): string[] {
  const pictures = plotsOf(report.evaluation);
  mkdirSync(join(folder, FOLDER), { recursive: true });
  const files = new Map([...pictures].map(([name, content]) => [join(folder, FOLDER, name), content]));
  files.set(join(folder, FOLDER, 'results.json'), jsonOf(report));
  const page = join(folder, PAGE);
  files.set(page, within(page, markdownOf(report, [...pictures.keys()])));
  for (const [file, content] of files) writeFileSync(file, content);
  return [...files.keys()];
}

function within(page: string, results: string): string {
  const known = existsSync(page) ? readFileSync(page, 'utf8') : `# Market evaluation\n\n${BEGIN}\n${END}\n`;
  const [begin, end] = [known.indexOf(BEGIN), known.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${page} has no place for results: ${BEGIN} … ${END}`);
  return `${known.slice(0, begin + BEGIN.length)}\n\n${results}\n${known.slice(end)}`;
}
