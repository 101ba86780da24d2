export * from './wait-for.js';
export * from './database.js';
export * from './keys.js';
export * from './factories.js';
