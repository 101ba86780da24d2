export * from './intent.js';
export * from './intent-store.js';
export * from './level-intent-store.js';
export { defaultFeeLimits, type FeeLimits } from './fees.js';
export { type OutboxLog, type OutboxOptions, type OutboxStep } from './outbox-options.js';
export * from './tx-outbox.js';
