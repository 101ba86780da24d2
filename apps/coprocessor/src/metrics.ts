import { metricsRegistry, stageBuckets, type Metrics } from '@odf/telemetry';
import type { Gauge } from 'prom-client';

/** What is looked at when the metrics are asked for. */
export interface Observed {
  relaysReady(): number;
  load(): { running: number; waiting: number };
  /** Undefined without a chain. */
  settlement(): SettlementFigures | undefined;
}

/** What stands on chain, wei. */
export interface SettlementFigures {
  collateral: { free: bigint; locked: bigint; unbonding: bigint };
  /** What claims may still take of the lines that bids use. */
  cover: bigint;
  payments: { promised: bigint; due: bigint; paid: bigint; collectable: bigint };
  problems: number;
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
    collateral: metrics.gauge({
      name: 'odf_coprocessor_collateral_wei',
      help: 'Collateral in the vault over all assets, by state: free, locked by lines, or unbonding.',
      labels: ['state'],
      collect: (gauge) => setEach(gauge, observed.settlement()?.collateral),
    }),
    cover: metrics.gauge({
      name: 'odf_coprocessor_cover_wei',
      help: 'What claims may still take of the lines that bids use.',
      collect: (gauge) => gauge.set(Number(observed.settlement()?.cover ?? 0n)),
    }),
    payments: metrics.gauge({
      name: 'odf_coprocessor_payments_wei',
      help: 'Fees, by state: promised by vouchers, due, paid from escrows, or collectable by the owner.',
      labels: ['state'],
      collect: (gauge) => setEach(gauge, observed.settlement()?.payments),
    }),
    transactions: metrics.counter({
      name: 'odf_coprocessor_transactions_total',
      help: 'Transactions of the settlement, by kind and outcome: success or failed.',
      labels: ['kind', 'outcome'],
    }),
    settlementProblems: metrics.gauge({
      name: 'odf_coprocessor_settlement_problems_count',
      help: 'What keeps the chain from being as the strategy says; /status tells each.',
      collect: (gauge) => gauge.set(observed.settlement()?.problems ?? 0),
    }),
  };
}

/** Sets a gauge by state; amounts lose digits as numbers, which no alert minds. */
function setEach(gauge: Gauge<'state'>, figures: Readonly<Record<string, bigint>> | undefined): void {
  for (const [state, wei] of Object.entries(figures ?? {})) gauge.set({ state }, Number(wei));
}

/** The coprocessor's metrics. */
export type CoprocessorMetrics = ReturnType<typeof coprocessorMetrics>;
