/** Injection token of the {@link RelayConfig}. */
export const RELAY_CONFIG = Symbol('RelayConfig');
/** Injection token of the `Clock`: Postgres' time. */
export const CLOCK = Symbol('Clock');
/** Injection token of the function that gives random bytes. */
export const RANDOM_BYTES = Symbol('RandomBytes');
/** Injection token of the pino logger. */
export const LOGGER = Symbol('Logger');

/** Injection token of the list of what the infrastructure runs beside the requests. */
export const BACKGROUND = Symbol('Background');
/** Injection token of the `RelayChain` that the settlement stands on; null where it is in memory. */
export const RELAY_CHAIN = Symbol('RelayChain');

/** Injection token of the `RelayFiler`; null where the relay has no account or no chain. */
export const RELAY_FILER = Symbol('RelayFiler');

/** Gives `length` random bytes. */
export type RandomBytes = (length: number) => Uint8Array;
