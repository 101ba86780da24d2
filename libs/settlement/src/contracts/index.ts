// Generated from libs/settlement/contracts by `npm run contracts`.
export * from './collateral-vault.js';
export * from './committee-oracle.js';
export * from './coprocessor-registry.js';
export * from './cover-lines.js';
export * from './da-task-manager.js';
export * from './fee-escrow.js';
export * from './fraud-claims.js';
export * from './mock-allocation-manager.js';
export * from './mock-delegation-manager.js';
export * from './mock-strategy.js';
export * from './odf-hub.js';
export * from './receipt-oracle.js';
export * from './symbiotic-oracle.js';
export * from './test-token.js';
