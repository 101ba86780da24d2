// Generated from libs/settlement/contracts by `npm run contracts`.
export * from './collateral-vault.js';
export * from './coprocessor-registry.js';
export * from './cover-lines.js';
export * from './fee-escrow.js';
export * from './fraud-claims.js';
export * from './odf-hub.js';
