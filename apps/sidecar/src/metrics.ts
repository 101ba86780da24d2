import { metricsRegistry, stageBuckets, type Metrics } from '@odf/telemetry';
import type { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** What the sidecar counts, in the order of the flow. */
export interface SidecarMetrics {
  registry: Registry;
  relaysCount: Gauge<'state'>;
  awardsTotal: Counter<'verdict'>;
  stepsTotal: Counter<'step'>;
  stageSeconds: Histogram<'stage'>;
  refusalsTotal: Counter<'code'>;
  responsesTotal: Counter<'status'>;
  openTasksCount: Gauge;
  feesTotal: Counter<'state'>;
  claimStepsTotal: Counter<'step'>;
  settlingFailuresTotal: Counter<'part'>;
}

/** Registers the sidecar's metrics; `gauges` tells what is counted when it is asked for. */
export function sidecarMetrics(
  gauges: { relays: () => Map<string, number>; openTasks: () => number },
  metrics: Metrics = metricsRegistry(),
): SidecarMetrics {
  return {
    registry: metrics.registry,
    relaysCount: metrics.gauge({
      name: 'odf_sidecar_relays_count',
      help: 'Relays by state: connecting, ready, refused or unreachable.',
      labels: ['state'],
      collect: (gauge) => {
        gauge.reset();
        for (const [state, count] of gauges.relays()) gauge.set({ state }, count);
      },
    }),
    awardsTotal: metrics.counter({
      name: 'odf_sidecar_awards_total',
      help: 'Awards judged, by verdict: accepted or the code of the refusal.',
      labels: ['verdict'],
    }),
    stepsTotal: metrics.counter({
      name: 'odf_sidecar_steps_total',
      help: 'Steps that tasks of validators reached durably, by step.',
      labels: ['step'],
    }),
    stageSeconds: metrics.histogram({
      name: 'odf_sidecar_stage_seconds',
      help: 'Time that a task spent in a step, in seconds, by step.',
      labels: ['stage'],
      buckets: stageBuckets,
    }),
    refusalsTotal: metrics.counter({
      name: 'odf_sidecar_refusals_total',
      help: 'Refusals of headers, reveals and payloads, by code.',
      labels: ['code'],
    }),
    responsesTotal: metrics.counter({
      name: 'odf_sidecar_responses_total',
      help: 'Responses that AVSs answered, by status: accepted or rejected.',
      labels: ['status'],
    }),
    openTasksCount: metrics.gauge({
      name: 'odf_sidecar_open_tasks_count',
      help: 'Tasks of validators that are not final.',
      collect: (gauge) => gauge.set(gauges.openTasks()),
    }),
    feesTotal: metrics.counter({
      name: 'odf_sidecar_fees_total',
      help: 'Fees settled, by state: due or void.',
      labels: ['state'],
    }),
    claimStepsTotal: metrics.counter({
      name: 'odf_sidecar_claim_steps_total',
      help: 'Steps that claims for slashed responses reached durably, by step.',
      labels: ['step'],
    }),
    settlingFailuresTotal: metrics.counter({
      name: 'odf_sidecar_settling_failures_total',
      help: 'Rounds in which a part of settling failed, by part.',
      labels: ['part'],
    }),
  };
}
