export * from './settlement.js';
export * from './memory/settlement-journal.js';
export * from './memory/memory-settlement.js';
