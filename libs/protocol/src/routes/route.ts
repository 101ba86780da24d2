import type { z } from 'zod';
import type { Container } from '../codec.js';
import type { ErrorCode } from '../errors.js';

/** Who may call a route. */
export type Access = 'anyone' | 'avs' | 'viewer' | 'operator';

/** How an answer travels: an enveloped object, a bare array, nothing, bytes, or a stream of server-sent events. */
export type AnswerKind = 'object' | 'list' | 'empty' | 'bytes' | 'events' | 'text';

/** What a request carries in its body. */
export interface Body<B> {
  json: z.ZodType<B, unknown>;
  /** Reads `application/octet-stream` where the route takes it; throws RangeError. */
  ssz?: (bytes: Uint8Array) => B;
  /** Largest plain size in bytes. */
  limit: number;
  /** Set when the body is an array whose items are judged one by one: the item's schema and the most items. */
  batch?: { item: z.ZodType<unknown, unknown>; max: number; one: boolean };
}

/** One route of the protocol: the server, the client and OpenAPI are all made from it. */
export interface Route<P = unknown, Q = unknown, B = unknown, A = unknown> {
  name: string;
  method: 'GET' | 'POST';
  /** With `{parameters}` as OpenAPI writes them. */
  path: string;
  summary: string;
  tag: string;
  access: Access;
  params?: z.ZodType<P, unknown>;
  query?: z.ZodType<Q, unknown>;
  body?: Body<B>;
  answer: {
    kind: AnswerKind;
    schema?: z.ZodType<A, unknown>;
    /** Statuses of success, the first being the usual one. */
    statuses: readonly number[];
    /** The container served to `Accept: application/octet-stream`. */
    ssz?: Container<never>;
    /** Set when the route serves raw bytes to `Accept: application/octet-stream` beside its JSON. */
    bytes?: boolean;
  };
  /** Refusals that are this route's own; the general ones apply to every route. */
  errors: readonly ErrorCode[];
}

/** The parameters of a route. */
export type ParamsOf<R> = R extends Route<infer P, unknown, unknown, unknown> ? P : never;
/** The query of a route. */
export type QueryOf<R> = R extends Route<unknown, infer Q, unknown, unknown> ? Q : never;
/** The body of a route, parsed. */
export type BodyOf<R> = R extends Route<unknown, unknown, infer B, unknown> ? B : never;
/** The answer of a route, before it is written. */
export type AnswerOf<R> = R extends Route<unknown, unknown, unknown, infer A> ? A : never;

/** Body limit in bytes where a route names none. */
export const DEFAULT_BODY_LIMIT = 1 << 20;

/** Defines a route; types of parameters, query, body and answer follow from its schemas. */
export function defineRoute<P = undefined, Q = undefined, B = undefined, A = undefined>(
  route: Omit<Route<P, Q, B, A>, 'access' | 'errors'> & Partial<Pick<Route, 'access' | 'errors'>>,
): Route<P, Q, B, A> {
  return { access: 'anyone', errors: [], ...route };
}
