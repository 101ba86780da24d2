import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Units in which a metric's name may end; a counter ends in `_total`, after its unit if it has one. */
export const metricUnits = ['seconds', 'bytes', 'wei', 'bps', 'ratio', 'count', 'info'] as const;

/** What every metric says about itself. */
export interface MetricOptions<L extends string> {
  /** `odf_<noun>_<what>_<unit>`, e.g. `odf_bids_accepted_total`. */
  name: string;
  help: string;
  labels?: readonly L[];
}

/** Builders of metrics that all land in one registry. */
export interface Metrics {
  registry: Registry;
  /** @throws {RangeError} when the name does not end in `_total`, or the help is missing. */
  counter<L extends string = never>(options: MetricOptions<L>): Counter<L>;
  /** @throws {RangeError} when the name does not end in a unit, or the help is missing. */
  gauge<L extends string = never>(options: MetricOptions<L> & { collect?: (gauge: Gauge<L>) => void }): Gauge<L>;
  /** @throws {RangeError} when the name does not end in a unit, or the help is missing. */
  histogram<L extends string = never>(options: MetricOptions<L> & { buckets: readonly number[] }): Histogram<L>;
}

/** Buckets for stages of a request, in seconds: half a millisecond to ten seconds. */
export const stageBuckets: readonly number[] = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

/** A registry of its own for one app, with the process' own metrics unless `process` is false. */
export function metricsRegistry({ process = true }: { process?: boolean } = {}): Metrics {
  const registry = new Registry();
  if (process) collectDefaultMetrics({ register: registry });
  return {
    registry,
    counter: (options) => new Counter(checked(options, ['total'], registry)),
    gauge: ({ collect, ...options }) => {
      const configuration = checked(options, metricUnits, registry);
      if (!collect) return new Gauge(configuration);
      return new Gauge({
        ...configuration,
        collect() {
          collect(this);
        },
      });
    },
    histogram: ({ buckets, ...options }) =>
      new Histogram({ ...checked(options, metricUnits, registry), buckets: [...buckets] }),
  };
}

function checked<L extends string>(
  { name, help, labels = [] }: MetricOptions<L>,
  endings: readonly string[],
  registry: Registry,
): { name: string; help: string; labelNames: L[]; registers: Registry[] } {
  const ending = name.slice(name.lastIndexOf('_') + 1);
  if (!/^odf_[a-z][a-z0-9_]*$/.test(name) || !endings.includes(ending)) {
    throw new RangeError(`the metric ${name} is not named odf_…_{${endings.join(',')}}`);
  }
  if (help.trim() === '') throw new RangeError(`the metric ${name} has no help text`);
  return { name, help, labelNames: [...labels], registers: [registry] };
}
