const RUNS = 5;

/** Runs `work` several times; the median and the first (cold) time in ms, and the last result. */
export function timed<T>(work: () => T, runs = RUNS): { first: number; median: number; result: T } {
  const times: number[] = [];
  let result: T | undefined;
  for (let run = 0; run < runs; run++) {
    const start = performance.now();
    result = work();
    times.push(performance.now() - start);
  }
  const first = times[0]!;
  const median = times.sort((a, b) => a - b)[runs >> 1]!;
  return { first, median, result: result as T };
}

/** Writes a row of a report. */
export const line = (name: string, value: string): void => void process.stdout.write(`${name.padEnd(44)} ${value}\n`);
/** Median and cold time in words. */
export const times = ({ first, median }: { first: number; median: number }): string =>
  `${median.toFixed(1)} ms (cold ${first.toFixed(1)} ms)`;
