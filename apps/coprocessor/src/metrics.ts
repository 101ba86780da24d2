import { metricsRegistry, stageBuckets, type Metrics } from '@odf/telemetry';

/** What is looked at when the metrics are asked for. */
export interface Observed {
  relaysReady(): number;
  load(): { running: number; waiting: number };
}

/** The coprocessor's metrics, in the order of the flow. */
export function coprocessorMetrics(observed: Observed) {
  const metrics: Metrics = metricsRegistry();
  return {
    registry: metrics.registry,
    relaysReady: metrics.gauge({
      name: 'odf_coprocessor_relays_ready_count',
      help: 'Relays that answer and know a cover line of this coprocessor.',
      collect: (gauge) => gauge.set(observed.relaysReady()),
    }),
    bids: metrics.counter({
      name: 'odf_coprocessor_bids_total',
      help: 'Bids sent, by outcome: placed or refused.',
      labels: ['outcome'],
    }),
    auctions: metrics.counter({
      name: 'odf_coprocessor_auctions_total',
      help: 'Cleared auctions, by outcome: won, lost, or refused because the award is not what was bid or signed.',
      labels: ['outcome'],
    }),
    computeSeconds: metrics.histogram({
      name: 'odf_coprocessor_compute_seconds',
      help: 'Time from taking a task on to its result, waiting for a thread included.',
      labels: ['plugin'],
      buckets: stageBuckets,
    }),
    jobs: metrics.gauge({
      name: 'odf_coprocessor_jobs_count',
      help: 'Computations, by state: running or waiting.',
      labels: ['state'],
      collect: (gauge) => {
        const { running, waiting } = observed.load();
        gauge.set({ state: 'running' }, running);
        gauge.set({ state: 'waiting' }, waiting);
      },
    }),
    deliveries: metrics.counter({
      name: 'odf_coprocessor_deliveries_total',
      help: 'Tasks of won terms, by outcome: delivered, refused, expired or failed.',
      labels: ['outcome'],
    }),
  };
}

/** The coprocessor's metrics. */
export type CoprocessorMetrics = ReturnType<typeof coprocessorMetrics>;
