import type { Cancellation } from './cancellation.js';
import type { RelayUrl } from './relay-url.js';

/** A relay as requests reach it. */
export interface Connection {
  readonly url: RelayUrl;
  /** The raw response, whatever its status; for streams and ranges. */
  open(path: string, init: RequestInit, cancellation: Cancellation): Promise<Response>;
}
