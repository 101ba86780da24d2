export * from './settlement.js';
export * from './claim-desk.js';
export * from './memory/settlement-journal.js';
export * from './memory/memory-settlement.js';
export * from './contracts/index.js';
export * from './bls-points.js';
export * from './chain/deployment.js';
export { LocalChainError } from './local-chain/anvil.js';
export * from './local-chain/local-chain.js';
