import { OdfError } from '@odf/protocol';
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import type { Registry } from 'prom-client';
import { redact } from './redact.js';

/** The answer of a health probe: true, or why not. */
export type Probe = () => Probed | Promise<Probed>;
type Probed = true | { reason: string };

/** What a status server tells. */
export interface StatusRoutes {
  /** The body of `GET /status`; redacted like a log line. */
  status: () => unknown;
  metrics: Registry;
  /** Whether the process works at all; when it does not, it should be restarted. */
  livez: Probe;
  /** Whether it can do its work now. */
  readyz: Probe;
}

/** A running status server. */
export interface StatusServer {
  /** Where it listens, without a slash at the end. */
  url: string;
  close(): Promise<void>;
}

/** The part of a logger that the server uses. */
export interface ErrorLog {
  error(members: object, message: string): void;
}

/**
 * Serves `GET /status`, `/metrics`, `/livez` and `/readyz` for the sidecar and the coprocessor; port 0 takes a free one.
 *
 * @throws {Error} when it cannot listen, e.g. EADDRINUSE.
 */
export async function statusServer(options: {
  host: string;
  port: number;
  routes: StatusRoutes;
  log: ErrorLog;
}): Promise<StatusServer> {
  const app = fastify({
    logger: false,
    forceCloseConnections: true,
    // Fastify answers URLs that do not decode before any handler of ours.
    frameworkErrors: (cause, _, reply) => void answerError(new OdfError('REQUEST_MALFORMED', cause.message), reply),
  });
  app.setReplySerializer((payload) => JSON.stringify(payload));
  refuse(app, options.log);
  serve(app, options.routes);
  const url = await app.listen({ host: options.host, port: options.port });
  return { url, close: () => app.close() };
}

const paths = ['/status', '/metrics', '/livez', '/readyz'];

function serve(app: FastifyInstance, { status, metrics, livez, readyz }: StatusRoutes): void {
  app.get('/status', async () => redact(await status()));
  app.get('/metrics', async (_, reply) => {
    const text = await metrics.metrics();
    return reply
      .type(metrics.contentType)
      .serializer((payload: string) => payload)
      .send(text);
  });
  app.get('/livez', async (_, reply) => probe(livez, reply));
  app.get('/readyz', async (_, reply) => probe(readyz, reply));
}

async function probe(check: Probe, reply: FastifyReply): Promise<FastifyReply> {
  const answer = await check();
  if (answer === true) return reply.send({ status: 'ok' });
  return answerError(new OdfError('UNAVAILABLE', answer.reason), reply);
}

function refuse(app: FastifyInstance, log: ErrorLog): void {
  app.setNotFoundHandler((request, reply) => {
    const known = paths.includes(request.url.split('?')[0]!);
    if (known) reply.header('allow', 'GET, HEAD');
    const detail = `Only ${paths.join(', ')} are served here, by GET.`;
    return answerError(new OdfError(known ? 'METHOD_NOT_ALLOWED' : 'ROUTE_UNKNOWN', detail), reply);
  });
  app.setErrorHandler((cause: Error & { statusCode?: number }, request, reply) => {
    const refused = cause.statusCode !== undefined && cause.statusCode < 500;
    if (refused) return answerError(new OdfError('REQUEST_MALFORMED', cause.message), reply);
    log.error({ err: cause, path: request.url }, 'a status request failed');
    return answerError(new OdfError('INTERNAL'), reply);
  });
}

function answerError(error: OdfError, reply: FastifyReply): FastifyReply {
  return reply
    .code(error.status)
    .type('application/json; charset=utf-8')
    .serializer(JSON.stringify)
    .send(error.toJson());
}
