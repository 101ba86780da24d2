export * from './bls-key.js';
export * from './verify-signature.js';
export * from './native.js';
export * from './signature-verifier.js';
export type { SignatureSet } from './signature-set.js';
