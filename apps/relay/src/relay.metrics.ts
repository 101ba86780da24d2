import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const BATCH = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

/** Every metric of the relay, in the order of the flow; times in seconds. */
export class RelayMetrics {
  readonly registry = new Registry();
  readonly #on = { registers: [this.registry] };

  readonly httpRequests = new Histogram({
    name: 'odf_http_request_seconds',
    help: 'Time to answer a request, in seconds, by route and status',
    labelNames: ['route', 'status'] as const,
    buckets: [...SECONDS, 30],
    ...this.#on,
  });
  readonly signatureBatches = new Histogram({
    name: 'odf_signatures_batch_seconds',
    help: 'Time of one batch of signature checks, in seconds',
    buckets: SECONDS,
    ...this.#on,
  });
  readonly signatures = new Counter({
    name: 'odf_signatures_total',
    help: 'Signatures checked, by whether they hold',
    labelNames: ['holds'] as const,
    ...this.#on,
  });
  readonly registrations = new Counter({
    name: 'odf_registrations_total',
    help: 'Validator registrations of the builder API, by result',
    labelNames: ['result'] as const,
    ...this.#on,
  });
  readonly enrollments = new Counter({
    name: 'odf_enrollments_total',
    help: 'Enrollments received, by result',
    labelNames: ['result'] as const,
    ...this.#on,
  });
  readonly delegations = new Counter({
    name: 'odf_delegations_total',
    help: 'Delegations received, by result',
    labelNames: ['result'] as const,
    ...this.#on,
  });
  readonly auctions = new Counter({
    name: 'odf_auctions_total',
    help: 'Auctions that reached a state',
    labelNames: ['avs', 'state'] as const,
    ...this.#on,
  });
  readonly auctionStages = new Histogram({
    name: 'odf_auctions_stage_seconds',
    help: 'Time of a stage of closing an auction (freeze, clear), in seconds',
    labelNames: ['avs', 'stage'] as const,
    buckets: SECONDS,
    ...this.#on,
  });
  readonly bids = new Counter({
    name: 'odf_bids_total',
    help: 'Bids received, by result',
    labelNames: ['result'] as const,
    ...this.#on,
  });
  readonly bidBatches = new Histogram({
    name: 'odf_bids_batch_size',
    help: 'Bids made durable by one transaction',
    buckets: BATCH,
    ...this.#on,
  });
  readonly bidCommit = new Histogram({
    name: 'odf_bids_commit_seconds',
    help: 'Time to make a batch of bids durable, in seconds',
    buckets: SECONDS,
    ...this.#on,
  });
  readonly awards = new Counter({
    name: 'odf_awards_units_total',
    help: 'Validators awarded, by AVS',
    labelNames: ['avs'] as const,
    ...this.#on,
  });
  readonly unserved = new Counter({
    name: 'odf_awards_unserved_total',
    help: 'Validators without an award at clearing, by AVS',
    labelNames: ['avs'] as const,
    ...this.#on,
  });
  readonly tasks = new Counter({
    name: 'odf_tasks_total',
    help: 'Tasks that reached a state, by AVS',
    labelNames: ['avs', 'state'] as const,
    ...this.#on,
  });
  readonly chainTasksBehind = new Gauge({
    name: 'odf_tasks_chain_behind_blocks',
    help: "Confirmed blocks of an AVS's chain that were not followed yet",
    labelNames: ['avs'] as const,
    ...this.#on,
  });
  readonly chainTaskEvents = new Counter({
    name: 'odf_tasks_chain_events_total',
    help: 'Events of AVSs on chain that were taken in, by kind',
    labelNames: ['avs', 'kind'] as const,
    ...this.#on,
  });
  readonly chainTaskFailures = new Counter({
    name: 'odf_tasks_chain_failures_total',
    help: "Times that an AVS's chain could not be followed, by AVS",
    labelNames: ['avs'] as const,
    ...this.#on,
  });
  readonly deliveries = new Counter({
    name: 'odf_deliveries_total',
    help: 'Deliveries that reached a state, by AVS',
    labelNames: ['avs', 'state'] as const,
    ...this.#on,
  });
  readonly deliveryLead = new Histogram({
    name: 'odf_deliveries_after_announcement_seconds',
    help: "Time from a task's announcement to its delivery, in seconds",
    labelNames: ['avs'] as const,
    buckets: [...SECONDS, 30, 60, 120],
    ...this.#on,
  });
  readonly verification = new Histogram({
    name: 'odf_deliveries_verification_seconds',
    help: 'Time to check a delivery, in seconds',
    labelNames: ['avs'] as const,
    buckets: SECONDS,
    ...this.#on,
  });
  readonly coverLockup = new Gauge({
    name: 'odf_awards_cover_lockup_terms',
    help: 'Terms whose awards lock cover at the same time, by AVS',
    labelNames: ['avs'] as const,
    ...this.#on,
  });
  readonly switches = new Counter({
    name: 'odf_deliveries_switches_total',
    help: 'Tasks handed over from a silent primary to its standbys',
    ...this.#on,
  });
  readonly headers = new Counter({
    name: 'odf_headers_total',
    help: 'Header requests, by result',
    labelNames: ['result'] as const,
    ...this.#on,
  });
  readonly headerWaiters = new Gauge({
    name: 'odf_headers_waiting',
    help: 'Requests that wait for a header',
    ...this.#on,
  });
  readonly commitments = new Counter({
    name: 'odf_commitments_total',
    help: 'Commitments received, by result',
    labelNames: ['result'] as const,
    ...this.#on,
  });
  readonly commitmentCommit = new Histogram({
    name: 'odf_commitments_commit_seconds',
    help: 'Time to make a batch of commitments durable, in seconds',
    buckets: SECONDS,
    ...this.#on,
  });
  readonly reveals = new Counter({ name: 'odf_commitments_reveals_total', help: 'Keys given out', ...this.#on });
  readonly outcomes = new Counter({
    name: 'odf_outcomes_total',
    help: 'Outcomes received, by status',
    labelNames: ['status'] as const,
    ...this.#on,
  });
  readonly claims = new Counter({
    name: 'odf_claims_total',
    help: 'Claims that were asked for, by result',
    labelNames: ['result'] as const,
    ...this.#on,
  });
  readonly claimStates = new Gauge({
    name: 'odf_claims_state',
    help: 'Claims that stand in a state',
    labelNames: ['state'] as const,
    ...this.#on,
  });
  readonly unanchoredSlashAge = new Gauge({
    name: 'odf_claims_oldest_unanchored_slash_seconds',
    help: 'Age of the oldest slash under cover whose block is not anchored, in seconds; the chain forgets it after 27 hours',
    ...this.#on,
  });
  readonly missedAnchors = new Counter({
    name: 'odf_claims_anchors_missed_total',
    help: 'Slashes under cover whose block can be anchored no more',
    ...this.#on,
  });
  readonly claimJobFailures = new Counter({
    name: 'odf_claims_job_failures_total',
    help: 'Jobs of claims that failed and are tried again, by job',
    labelNames: ['job'] as const,
    ...this.#on,
  });
  readonly accountBalance = new Gauge({
    name: 'odf_claims_account_balance_ether',
    help: 'What the account that anchors and files has for gas and bonds, in ether',
    ...this.#on,
  });
  readonly vouchers = new Counter({
    name: 'odf_vouchers_total',
    help: 'Vouchers received, by result',
    labelNames: ['result'] as const,
    ...this.#on,
  });
  readonly reputationEvents = new Counter({
    name: 'odf_reputation_events_total',
    help: 'Observations of coprocessors, by kind',
    labelNames: ['kind'] as const,
    ...this.#on,
  });
  readonly eventStreams = new Gauge({ name: 'odf_events_streams', help: 'Open event streams', ...this.#on });
  readonly chainHead = new Gauge({
    name: 'odf_chain_head_block',
    help: 'The newest block that the chain told of',
    ...this.#on,
  });
  readonly chainLag = new Gauge({
    name: 'odf_chain_lag_blocks',
    help: 'Blocks that the chain has and its mirror has not',
    ...this.#on,
  });
  readonly chainReorgs = new Counter({
    name: 'odf_chain_reorgs_total',
    help: 'Reorganisations that the mirror followed',
    ...this.#on,
  });
  readonly chainFailures = new Counter({
    name: 'odf_chain_failures_total',
    help: 'Attempts to read the chain that failed',
    ...this.#on,
  });
  readonly clockOffset = new Gauge({
    name: 'odf_clock_offset_seconds',
    help: "How far Postgres' clock is ahead of this machine's, in seconds",
    ...this.#on,
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }
}
