import { routes, sha256, type Hex } from '@odf/protocol';
import { readBytes, refusalOf } from './answer.js';
import { Cancellation, chunksOf } from './cancellation.js';
import type { Connection } from './connection.js';
import { RelayError } from './relay-error.js';
import { pathOf } from './request.js';
import { retrying, type RetryOptions } from './retrying.js';

/** How a payload is fetched. */
export interface PayloadOptions extends RetryOptions {
  /** `ciphertext_size` of the header: more bytes are refused at once. Default 96 MiB. */
  size?: number;
  /** Longest wait for the next bytes, milliseconds; default the client's time-out. */
  timeoutMs?: number;
}

const LARGEST = 96 << 20;
const ERROR_BYTES = 1 << 16;

/** Bytes that already came. */
interface Partial {
  parts: Uint8Array[];
  size: number;
}

/**
 * Fetches a ciphertext by ranges: after a broken connection only the rest is asked for.
 *
 * @throws {RelayError} PAYLOAD_HASH_MISMATCH, ANSWER_TOO_LARGE, or why it could not be fetched.
 */
export async function fetchPayload(client: Connection, root: Hex, options: PayloadOptions): Promise<Uint8Array> {
  const got: Partial = { parts: [], size: 0 };
  await retrying(() => fetchRest(client, root, got, options), options);
  const bytes = new Uint8Array(Buffer.concat(got.parts));
  if (sha256(bytes) !== root) {
    throw new RelayError('PAYLOAD_HASH_MISMATCH', `The bytes served as ${root} hash to ${sha256(bytes)}.`);
  }
  return bytes;
}

async function fetchRest(client: Connection, root: Hex, got: Partial, options: PayloadOptions): Promise<void> {
  const stalled = () => new RelayError('TIMED_OUT', 'The payload stopped coming.');
  const cancellation = new Cancellation(options.signal, options.timeoutMs ?? 10_000, stalled);
  try {
    const path = pathOf(routes.getPayload, { params: { ciphertext_root: root } }, client.url.search);
    const headers = {
      accept: 'application/octet-stream',
      ...(got.size > 0 && { range: `bytes=${got.size}-` }),
    };
    const response = await client.open(path, { headers }, cancellation);
    if (!response.ok)
      throw refusalOf(routes.getPayload, response, await readBytes(response, ERROR_BYTES, cancellation));
    startOf(response, got);
    await drain(response, got, options.size ?? LARGEST, cancellation);
  } catch (error) {
    cancellation.signal.throwIfAborted();
    throw brokenOff(error);
  } finally {
    cancellation.end();
  }
}

/** Makes sure that the answer goes on where the last one ended; a relay without ranges starts over. */
function startOf(response: Response, got: Partial): void {
  if (response.status === 200) {
    got.parts = [];
    got.size = 0;
  } else if (!response.headers.get('content-range')?.startsWith(`bytes ${got.size}-`)) {
    throw new RelayError('ANSWER_INVALID', 'The relay served another range than was asked for.');
  }
}

async function drain(response: Response, got: Partial, limit: number, cancellation: Cancellation): Promise<void> {
  for await (const part of chunksOf(response, cancellation)) {
    cancellation.refresh();
    got.size += part.length;
    if (got.size > limit) throw new RelayError('ANSWER_TOO_LARGE', `The payload has more than ${limit} bytes.`);
    got.parts.push(part);
  }
}

function brokenOff(error: unknown): RelayError {
  if (error instanceof RelayError) return error;
  return new RelayError('NETWORK_FAILED', `The payload broke off: ${(error as Error).message}`, { cause: error });
}
