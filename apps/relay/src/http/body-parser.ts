import { DEFAULT_BODY_LIMIT, OdfError, routes, type Route } from '@odf/protocol';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { fastifyPath } from './endpoint.decorator.js';

const limits = new Map(
  Object.values(routes as unknown as Record<string, Route>).map((route) => [
    fastifyPath(route.path),
    route.body?.limit ?? DEFAULT_BODY_LIMIT,
  ]),
);

const bodiless = new Set(
  Object.values(routes as unknown as Record<string, Route>)
    .filter(({ body }) => !body)
    .map(({ path }) => fastifyPath(path)),
);

/**
 * Reads JSON and octet-stream bodies as bytes, plain or gzip, up to each route's limit on the plain size.
 *
 * @param deliveryLimit most bytes of a delivery's body: what the largest configured AVS takes.
 */
export function installBodyParser(fastify: FastifyInstance, deliveryLimit: number): void {
  limits.set(routes.deliver.path, deliveryLimit);
  fastify.removeAllContentTypeParsers();
  const types = ['application/json', 'application/octet-stream'];
  fastify.addContentTypeParser(types, (request: FastifyRequest, payload: Readable) => readBody(request, payload));
  fastify.addContentTypeParser('*', async (request: FastifyRequest, payload: Readable) => {
    if (takesBody(request)) throw new OdfError('MEDIA_TYPE_UNSUPPORTED');
    payload.resume();
  });
}

/** Routes that read no body answer whatever is sent to them. */
function takesBody(request: FastifyRequest): boolean {
  return !bodiless.has(request.routeOptions.url ?? '');
}

async function readBody(request: FastifyRequest, payload: Readable): Promise<Buffer | undefined> {
  if (!takesBody(request)) {
    payload.resume();
    return undefined;
  }
  const limit = limits.get(request.routeOptions.url ?? '') ?? DEFAULT_BODY_LIMIT;
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > limit) throw tooLarge(limit);
  const plain = decoded(payload, request.headers['content-encoding']);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of plain as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limit) throw tooLarge(limit);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof OdfError) throw error;
    throw new OdfError(
      'REQUEST_MALFORMED',
      'The body could not be read: it was cut off or is not what Content-Encoding says.',
    );
  } finally {
    if (plain !== payload) plain.destroy();
  }
  return Buffer.concat(chunks, size);
}

function decoded(payload: Readable, encoding: string | undefined): Readable {
  const name = encoding?.trim().toLowerCase() ?? 'identity';
  if (name === 'identity') return payload;
  if (name !== 'gzip') throw new OdfError('MEDIA_TYPE_UNSUPPORTED', 'Content-Encoding may be gzip or absent.');
  const gunzip = createGunzip();
  payload.on('error', (error) => gunzip.destroy(error));
  return payload.pipe(gunzip);
}

function tooLarge(limit: number): OdfError {
  return new OdfError('BODY_TOO_LARGE', `The body has more than ${limit} bytes.`);
}
