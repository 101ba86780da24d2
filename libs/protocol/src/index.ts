export { hashBlocks } from './hasher.js';
export * from './hex.js';
export * from './codec.js';
export * from './containers.js';
export * from './domains.js';
export * from './ids.js';
export * from './merkle.js';
export * from './ciphertext.js';
export * from './eip712.js';
export * from './errors.js';
export * from './routes/route.js';
export * from './routes/shapes.js';
export * from './routes/settlement-shapes.js';
export {
  MAX_BATCH,
  MAX_BIDS,
  MAX_REGISTRATIONS,
  REGISTRATION_BYTES,
  TOPICS,
  type HistoryQuery,
  type Topic,
} from './routes/route-parts.js';
export * from './routes/routes.js';
export * from './routes/openapi.js';
