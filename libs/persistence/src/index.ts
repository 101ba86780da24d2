export * from './columns.js';
export * from './database.js';
export {
  EmbeddedPostgresError,
  startEmbeddedPostgres,
  stopLeftPostgres,
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
} from './embedded/embedded-postgres.js';
export { shareEmbeddedPostgres, type SharedPostgresOptions } from './embedded/shared-postgres.js';
export * from './schema.js';
export * from './receipts.repository.js';
export * from './auctions.repository.js';
export * from './bids.repository.js';
export * from './awards.repository.js';
export * from './tasks.repository.js';
export * from './avs-cursors.repository.js';
export * from './deliveries.repository.js';
export * from './switches.repository.js';
export * from './commitments.repository.js';
export * from './events.repository.js';
export * from './identity.repository.js';
export * from './in-turn.js';
export * from './members.codec.js';
export * from './registrations.repository.js';
export * from './enrollments.repository.js';
export * from './delegations.repository.js';
export * from './outcomes.repository.js';
export * from './vouchers.repository.js';
export * from './reputation.repository.js';
export * from './credit.repository.js';
export * from './reputation-scores.repository.js';
export * from './fees.repository.js';
export * from './fee-proofs.repository.js';
export * from './observed-responses.repository.js';
export {
  ClaimsRepository,
  type ClaimProgress,
  type ClaimRequestPlace,
  type NewClaim,
  type OpenClaim,
  type StoredClaim,
} from './claims.repository.js';
export * from './quarantines.repository.js';
export * from './history.repository.js';
export { historyTables, type HistoryFilter, type HistoryName } from './history.tables.js';
export * from './chain-mirror.repository.js';
export * from './transactions.repository.js';
export { type StoredAttempt, type StoredTransaction } from './transaction.columns.js';
export { installJobs, JobsRepository, type KnownJob, type NewJob } from './jobs/jobs.repository.js';
export { JobWorkers, type JobHandler, type JobLog, type JobWorkersOptions } from './jobs/job-workers.js';
export * from './slashes.repository.js';
export * from './claim-transactions.repository.js';
