export * from './registration-calls.js';
export * from './collateral-calls.js';
export * from './line-calls.js';
export * from './fee-calls.js';
export * from './draw-call.js';
export * from './claim-calls.js';
