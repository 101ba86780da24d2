/** The value below which a share of a rising list lies. */
export function quantile(rising: readonly number[], share: number): number {
  return rising[Math.min(rising.length - 1, Math.floor(rising.length * share))] ?? Number.NaN;
}

/** p50, p99 and max of rising milliseconds. */
export function latencyText(rising: readonly number[]): string {
  const shown = [quantile(rising, 0.5), quantile(rising, 0.99), rising.at(-1) ?? Number.NaN].map((ms) => ms.toFixed(1));
  return `p50 ${shown[0]} ms, p99 ${shown[1]} ms, max ${shown[2]} ms`;
}

export const line = (name: string, value: string): void => void process.stdout.write(`${name.padEnd(46)} ${value}\n`);
export const progress = (text: string): void => void process.stderr.write(`${text}\n`);
/** A reach and whether it was met. */
export const reach = (met: boolean, text: string): string => `${text}: ${met ? 'reached' : 'MISSED'}`;
