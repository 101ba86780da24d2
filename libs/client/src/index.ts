export * from './relay-url.js';
export * from './relay-error.js';
export * from './relay-client.js';
export * from './retrying.js';
export * from './payload.js';
export * from './events.js';
export * from './paginate.js';
export * from './signed-messages.js';
export type { AnyRoute, CallOptions } from './request.js';
