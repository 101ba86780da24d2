import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { OdfError, type BodyOf, type ParamsOf, type QueryOf, type Route } from '@odf/protocol';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { readBatch, type BatchItem } from './batch.js';
import { malformed } from './malformed.js';
import { isFixedPath } from './methods.js';
import { routeOf } from './route-metadata.js';

/** What a handler gets of a request: everything parsed by the route's schemas. */
export interface InputOf<R> {
  params: ParamsOf<R>;
  query: QueryOf<R>;
  body: BodyOf<R>;
  /** The items of a batch, each parsed or refused on its own. */
  items: BatchItem[];
  request: FastifyRequest;
}

/** The parsed input of the handler's route. */
export const Input = createParamDecorator((_: unknown, context: ExecutionContext): InputOf<Route> => {
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  const route = routeOf(context);
  const parsed = route.body ? readBody(route, request) : undefined;
  return {
    params: route.params && parseParams(route, request),
    query: parse(route.query, request.query, 'query'),
    body: parsed?.body,
    items: parsed?.items ?? [],
    request,
  };
});

/** A route without a query ignores one: a relay URL may carry its own, which mev-boost sends along. */
function parse(schema: z.ZodType | undefined, value: unknown, where: string): unknown {
  if (!schema) return undefined;
  const result = schema.safeParse(value ?? {});
  if (!result.success) throw malformed(result.error, where);
  return result.data;
}

/** Parses path parameters; a path that another method has as it stands is no malformed parameter. */
function parseParams(route: Route, request: FastifyRequest): unknown {
  if (isFixedPath(request.url)) throw new OdfError('METHOD_NOT_ALLOWED');
  return parse(route.params, request.params, 'path');
}

function readBody(route: Route, request: FastifyRequest): { body: unknown; items: BatchItem[] } {
  const { body: definition } = route;
  if (!definition) throw new TypeError(`${route.name} has no body`);
  const raw = request.body as Buffer | undefined;
  if (!raw || raw.length === 0) throw new OdfError('REQUEST_MALFORMED', 'The body is empty.');
  const wire = isSsz(request) ? readSsz(definition.ssz, raw) : readJson(raw);
  if (definition.batch) {
    const items = readBatch(definition.batch, wire, isSsz(request));
    return { body: wire, items };
  }
  if (isSsz(request)) return { body: wire, items: [] };
  return { body: parse(definition.json, wire, 'body'), items: [] };
}

/** Whether the body is `application/octet-stream`. */
export function isSsz(request: FastifyRequest): boolean {
  return request.headers['content-type']?.split(';')[0]?.trim().toLowerCase() === 'application/octet-stream';
}

function readSsz(decode: ((bytes: Uint8Array) => unknown) | undefined, raw: Buffer): unknown {
  if (!decode) throw new OdfError('MEDIA_TYPE_UNSUPPORTED', 'This route takes JSON only.');
  try {
    return decode(new Uint8Array(raw.buffer, raw.byteOffset, raw.byteLength));
  } catch (error) {
    if (error instanceof RangeError) throw new OdfError('REQUEST_MALFORMED', `The body is ${error.message}.`);
    throw error;
  }
}

function readJson(raw: Buffer): unknown {
  try {
    return JSON.parse(utf8.decode(raw));
  } catch {
    throw new OdfError('REQUEST_MALFORMED', 'The body is not JSON in UTF-8.');
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true });
