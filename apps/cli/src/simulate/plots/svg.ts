/** Attributes of an element; numbers are written with two digits at most. */
export type Attributes = Readonly<Record<string, string | number>>;

/** An SVG element; `content` is markup. */
export function element(name: string, attributes: Attributes, content = ''): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${asText(value)}"`);
  return content === '' ? `<${name}${written.join('')}/>` : `<${name}${written.join('')}>${content}</${name}>`;
}

/** Text in the picture; special characters are escaped. */
export function text(x: number, y: number, content: string, attributes: Attributes = {}): string {
  return element('text', { x, y, ...attributes }, escaped(content));
}

/** A path through points. */
export function line(points: readonly (readonly [number, number])[], attributes: Attributes): string {
  const d = points.map(([x, y], at) => `${at === 0 ? 'M' : 'L'}${digits(x)} ${digits(y)}`).join('');
  return element('path', { d, fill: 'none', ...attributes });
}

/** A closed surface. */
export function area(points: readonly (readonly [number, number])[], attributes: Attributes): string {
  const d = `${points.map(([x, y], at) => `${at === 0 ? 'M' : 'L'}${digits(x)} ${digits(y)}`).join('')}Z`;
  return element('path', { d, ...attributes });
}

/** A whole picture that can be read alone: it has its ground, its fonts, and says what it shows. */
export function picture(size: { width: number; height: number }, title: string, content: string): string {
  const { width, height } = size;
  const root = {
    xmlns: 'http://www.w3.org/2000/svg',
    viewBox: `0 0 ${width} ${height}`,
    ...{ width, height, role: 'img', 'font-family': 'system-ui, sans-serif', 'font-size': 12, fill: INK },
  };
  const ground = element('rect', { width, height, fill: '#ffffff' });
  const heading = text(16, 26, title, { 'font-size': 15, 'font-weight': 600 });
  return `${element('svg', root, `<title>${escaped(title)}</title>${ground}${heading}${content}`)}\n`;
}

/** Colours that colour-blind people tell apart. */
export const INK = '#1f2933';
export const FAINT = '#d5dae1';
export const MUTED = '#66707d';
export const COLOURS = ['#8a8f98', '#0072b2', '#d55e00', '#009e73'] as const;

/** A linear scale from values to pixels. */
export function scale(domain: readonly [number, number], range: readonly [number, number]): (value: number) => number {
  const factor = (range[1] - range[0]) / (domain[1] - domain[0]);
  return (value) => range[0] + (value - domain[0]) * factor;
}

/** Round values within a domain, about `count` of them. */
export function ticks([low, high]: readonly [number, number], count: number): number[] {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= rough)!;
  const first = Math.ceil(low / step - 1e-9);
  return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, at) =>
    Number(((first + at) * step).toPrecision(12)),
  );
}

function asText(value: string | number): string {
  return typeof value === 'number' ? digits(value) : escaped(value);
}

function digits(value: number): string {
  return String(Math.round(value * 100) / 100);
}

function escaped(content: string): string {
  return content.replace(/[&<>"]/g, (one) => `&#${one.charCodeAt(0)};`);
}
