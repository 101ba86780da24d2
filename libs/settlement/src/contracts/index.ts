// Generated from libs/settlement/contracts by `npm run contracts`.
export * from './coprocessor-registry.js';
export * from './odf-hub.js';
