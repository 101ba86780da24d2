import type { RelayProcess } from './relay-process.js';

/** An HTTP answer, byte for byte. */
export interface RawAnswer {
  status: number;
  headers: Headers;
  bytes: Buffer;
  /** The body as text. */
  text: string;
  /** The body as JSON. */
  json<T = Record<string, unknown>>(): T;
}

/** What is sent; a body that is neither text nor bytes goes as JSON. */
export interface RawRequest {
  method?: string;
  headers?: Record<string, string>;
  body?: unknown;
}

const isRaw = (body: unknown): body is string | Uint8Array => typeof body === 'string' || body instanceof Uint8Array;

/** One request to a relay as any HTTP client could send it; JSON unless the headers say otherwise. */
export async function exchange(
  relay: Pick<RelayProcess, 'origin'>,
  path: string,
  { method, headers = {}, body }: RawRequest = {},
): Promise<RawAnswer> {
  const response = await fetch(relay.origin + path, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: (isRaw(body) ? body : JSON.stringify(body)) as string }),
    signal: AbortSignal.timeout(60_000),
  });
  const bytes = Buffer.from(await response.arrayBuffer());
  const text = bytes.toString('utf8');
  return { status: response.status, headers: response.headers, bytes, text, json: <T>() => JSON.parse(text) as T };
}
