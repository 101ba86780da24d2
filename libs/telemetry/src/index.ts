export * from './clock.js';
export * from './secret.js';
export * from './redact.js';
export * from './logger.js';
export * from './metrics.js';
export * from './status-server.js';
export * from './settings.js';
