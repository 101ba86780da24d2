export * from './live-store.js';
export * from './memory/memory-live-store.js';
