import type { Interval } from '../statistics.js';
import { legend } from './intervals-plot.js';
import { area, COLOURS, FAINT, line, MUTED, picture, scale, text, ticks } from './svg.js';

/** One panel: its name and a band for each series. */
export interface Panel {
  name: string;
  bands: readonly (readonly Interval[])[];
}

/** What a plot over terms shows. */
export interface TermsPlot {
  title: string;
  axis: string;
  series: readonly string[];
  panels: readonly Panel[];
  /** What lies beyond is cut off. */
  domain: readonly [number, number];
}

const WIDTH = 760;
const HEIGHT = 190;
const TOP = 66;
const LEFT = 56;
const RIGHT = 24;

/** Means over terms with their 95 % bands, a panel for each name, all on the same axes. */
export function termsPlot({ title, axis, series, panels, domain }: TermsPlot): string {
  const drawn = panels.map((panel, at) => panelOf(panel, TOP + at * HEIGHT, domain));
  const height = TOP + panels.length * HEIGHT + 16;
  const caption = text(LEFT, height - 10, `${axis}, over terms`, { fill: MUTED });
  return picture({ width: WIDTH, height }, title, [legend(series), ...drawn, caption].join('\n'));
}

function panelOf({ name, bands }: Panel, top: number, domain: readonly [number, number]): string {
  const terms = Math.max(...bands.map(({ length }) => length));
  const bottom = top + HEIGHT - 48;
  const x = scale([0, Math.max(1, terms - 1)], [LEFT, WIDTH - RIGHT]);
  const inside = scale(domain, [bottom, top + 12]);
  const y = (value: number): number => inside(Math.min(domain[1], Math.max(domain[0], value)));
  const rows = ticks(domain, 4).map(
    (value) =>
      line(
        [
          [LEFT, y(value)],
          [WIDTH - RIGHT, y(value)],
        ],
        { stroke: FAINT },
      ) + text(LEFT - 8, y(value) + 4, String(value), { 'text-anchor': 'end', fill: MUTED }),
  );
  const columns = ticks([0, terms - 1], 9).map((term) =>
    text(x(term), bottom + 16, String(term), { 'text-anchor': 'middle', fill: MUTED }),
  );
  const curves = bands.map((band, at) => {
    const upper = band.map(({ high }, term) => [x(term), y(high)] as const);
    const lower = band.map(({ low }, term) => [x(term), y(low)] as const).reverse();
    const mean = band.map((one, term) => [x(term), y(one.mean)] as const);
    const colour = COLOURS[at]!;
    return (
      area([...upper, ...lower], { fill: colour, 'fill-opacity': 0.18 }) +
      line(mean, { stroke: colour, 'stroke-width': 1.8 })
    );
  });
  return [text(LEFT, top + 2, name, { 'font-weight': 600 }), ...rows, ...columns, ...curves].join('\n');
}
