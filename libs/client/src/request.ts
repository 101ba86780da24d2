import {
  Delivery,
  SignedBid,
  SignedClaimRequest,
  SignedCommitment,
  SignedValidatorRegistrationV1,
  concatBytes,
  type BodyOf,
  type Container,
  type ParamsOf,
  type QueryOf,
  type Route,
  type SignedValidatorRegistrationV1 as Registration,
} from '@odf/protocol';
import { z } from 'zod';

/** A route whose types do not matter. */
export type AnyRoute = Route;

type Given<K extends string, T> = [T] extends [undefined] ? { [P in K]?: undefined } : { [P in K]: T };

/** What one call sends, typed by its route; query members with a default may be left out. */
export type CallOptions<R> = Given<'params', ParamsOf<R>> &
  Given<'body', BodyOf<R>> & {
    query?: Partial<QueryOf<R>>;
    /** Sends the body, or asks for the answer, as SSZ where the route takes it. */
    ssz?: boolean;
    /** Gives up after so long, milliseconds; default the client's, plus `wait_ms`. */
    timeoutMs?: number;
    signal?: AbortSignal | undefined;
  };

/** The same without types, for inside. */
export interface LooseOptions {
  params?: unknown;
  query?: unknown;
  body?: unknown;
  ssz?: boolean | undefined;
  timeoutMs?: number | undefined;
  signal?: AbortSignal | undefined;
}

function containerWriter<V>(codec: Container<V>): (body: unknown) => Uint8Array {
  return (body) => codec.serialize(body as V);
}

/** How bodies are written as SSZ, by route name. */
const sszWriters: Record<string, (body: unknown) => Uint8Array> = {
  placeBid: containerWriter(SignedBid),
  deliver: containerWriter(Delivery),
  commit: containerWriter(SignedCommitment),
  postClaim: containerWriter(SignedClaimRequest),
  registerValidators: (body) =>
    concatBytes(...(body as Registration[]).map((item) => SignedValidatorRegistrationV1.serialize(item))),
};

/** Path and query of a call; the relay URL's own query goes along where the route has none, as mev-boost sends it. */
export function pathOf(route: AnyRoute, { params, query }: LooseOptions, search: string): string {
  const path = route.path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = (params as Record<string, unknown> | undefined)?.[name];
    if (typeof value !== 'string' || value === '') throw new TypeError(`${route.name} needs the parameter ${name}`);
    return encodeURIComponent(value);
  });
  const all = new URLSearchParams(route.query ? '' : search);
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined) all.set(name, Array.isArray(value) ? value.join(',') : String(value));
  }
  return all.size > 0 ? `${path}?${all.toString()}` : path;
}

/**
 * The body of a call and its content type; undefined for a route without one.
 *
 * @throws {z.ZodError} when the body does not fit the route; {@link TypeError} when SSZ is asked of a route without it.
 */
export function bodyOf(
  route: AnyRoute,
  { body, ssz }: LooseOptions,
): { type: string; content: string | Uint8Array } | undefined {
  if (!route.body) return undefined;
  if (ssz) {
    const write = sszWriters[route.name];
    if (!write || Array.isArray(body) !== (route.body.batch?.one === false)) {
      throw new TypeError(`${route.name} takes no such body as SSZ`);
    }
    return { type: 'application/octet-stream', content: write(body) };
  }
  return { type: 'application/json', content: JSON.stringify(wireBody(route.body, body)) };
}

function wireBody(spec: NonNullable<AnyRoute['body']>, body: unknown): unknown {
  if (!spec.batch) return z.encode(spec.json, body);
  const { item } = spec.batch;
  return Array.isArray(body) ? body.map((one) => z.encode(item, one)) : z.encode(item, body);
}
