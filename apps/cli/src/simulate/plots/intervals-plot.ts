import type { Interval } from '../statistics.js';
import { COLOURS, element, FAINT, line, MUTED, picture, scale, text, ticks } from './svg.js';

/** One row: a name, and an interval for each series that has one. */
export interface PlotRow {
  name: string;
  values: readonly (Interval | null)[];
}

/** What an interval plot shows. */
export interface IntervalsPlot {
  title: string;
  axis: string;
  series: readonly string[];
  rows: readonly PlotRow[];
  domain?: readonly [number, number];
}

const WIDTH = 760;
const LEFT = 190;
const TOP = 72;
const ROW = 26;

/** Means as dots with their 95 % intervals, a row for each name. */
export function intervalsPlot({ title, axis, series, rows, domain }: IntervalsPlot): string {
  const bottom = TOP + rows.length * ROW;
  const shown = domain ?? domainOf(rows);
  const x = scale(shown, [LEFT, WIDTH - 28]);
  const grid = ticks(shown, 8).map(
    (value) =>
      line(
        [
          [x(value), TOP - 8],
          [x(value), bottom],
        ],
        { stroke: FAINT },
      ) + text(x(value), bottom + 18, String(value), { 'text-anchor': 'middle', fill: MUTED }),
  );
  const body = rows.map(({ name, values }, row) => {
    const middle = TOP + (row + 0.5) * ROW - 4;
    const marks = values.map((value, at) => (value ? mark(value, x, middle + offset(at, series.length), at) : ''));
    return text(LEFT - 12, middle + 4, name, { 'text-anchor': 'end' }) + marks.join('');
  });
  const caption = text((LEFT + WIDTH - 28) / 2, bottom + 40, axis, { 'text-anchor': 'middle', fill: MUTED });
  const content = [legend(series), ...grid, ...body, caption].join('\n');
  return picture({ width: WIDTH, height: bottom + 54 }, title, content);
}

/** The series by their colours. */
export function legend(series: readonly string[]): string {
  let left = 16;
  return series
    .map((name, at) => {
      const entry = element('circle', { cx: left + 5, cy: 44, r: 4.5, fill: COLOURS[at]! }) + text(left + 15, 48, name);
      left += 32 + name.length * 6.6;
      return entry;
    })
    .join('');
}

function mark({ mean, low, high }: Interval, x: (value: number) => number, y: number, at: number): string {
  const stroke = COLOURS[at]!;
  return (
    line(
      [
        [x(low), y],
        [x(high), y],
      ],
      { stroke, 'stroke-width': 2.5 },
    ) + element('circle', { cx: x(mean), cy: y, r: 4, fill: stroke })
  );
}

function offset(at: number, count: number): number {
  return (at - (count - 1) / 2) * 8;
}

function domainOf(rows: readonly PlotRow[]): [number, number] {
  const ends = rows.flatMap(({ values }) => values.flatMap((value) => (value ? [value.low, value.high] : [])));
  const [low, high] = [Math.min(...ends, 0), Math.max(...ends)];
  const margin = (high - low) * 0.03 || 1;
  return [low < 0 ? low - margin : 0, high + margin];
}
