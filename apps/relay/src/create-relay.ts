import type { LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { openApiDocument } from '@odf/protocol';
import { LogController, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { refuseBlocksAtOnce } from './builder-compat/refuse-blocks.js';
import { installBodyParser } from './http/body-parser.js';
import { sendError } from './http/error.filter.js';
import { closeUnusedConnections } from './http/unused-connections.js';
import { type RelayInfrastructure } from './relay.infrastructure.js';
import { RelayModule } from './relay.module.js';
import { RELAY_VERSION } from './relay.version.js';

/** Longest path parameter: longer ones are refused as malformed, not as an unknown route. */
const MAX_PARAM_LENGTH = 4096;

/** Builds the relay's HTTP application on an opened infrastructure; it does not listen yet. */
export async function createRelay(infrastructure: RelayInfrastructure): Promise<NestFastifyApplication> {
  const { logger, registry } = infrastructure;
  const adapter = new FastifyAdapter({
    // Limits on bodies are the routes' own, on the plain size.
    bodyLimit: Number.MAX_SAFE_INTEGER,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    genReqId: (request: { headers: Record<string, string | string[] | undefined> }) =>
      requestId(request.headers['x-request-id']),
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => sendError(error, request, reply),
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
  });
  const app = await NestFactory.create<NestFastifyApplication>(RelayModule.on(infrastructure), adapter, {
    logger: nestLogger(logger),
    bodyParser: false,
    abortOnError: false,
  });
  const fastify = adapter.getInstance<FastifyInstance>();
  installBodyParser(fastify, deliveryLimit(registry));
  observe(fastify, infrastructure);
  closeUnusedConnections(fastify);
  refuseBlocksAtOnce(fastify);
  SwaggerModule.setup('docs', app, openApiDocument(RELAY_VERSION) as unknown as OpenAPIObject);
  return app;
}

/** Largest delivery body in bytes that a configured AVS takes: hex doubles it. */
function deliveryLimit(registry: RelayInfrastructure['registry']): number {
  const sizes = registry.all().map(({ plugin: { workload } }) => {
    const { resultBytes, witnessBytes } = workload.meta.limits;
    return 2 * (resultBytes + witnessBytes) + 16_384;
  });
  return Math.max(1 << 20, ...sizes);
}

function requestId(header: string | string[] | undefined): string {
  return typeof header === 'string' && /^[\x21-\x7e]{1,128}$/.test(header) ? header : randomUUID();
}

/** Stamps every answer, times it, and logs it. */
function observe(fastify: FastifyInstance, { clock, metrics }: RelayInfrastructure): void {
  fastify.addHook('onRequest', async (request, reply) => {
    void reply.header('x-request-id', request.id).header('date-milliseconds', String(clock.nowMs()));
  });
  fastify.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unknown';
    const { elapsedTime, statusCode } = reply;
    metrics.httpRequests.observe({ route, status: statusCode }, elapsedTime / 1000);
    request.log.debug({ method: request.method, route, status: statusCode, ms: Math.round(elapsedTime) }, 'answered');
  });
}

/** Nest's own messages in the relay's log. */
function nestLogger(logger: Logger): LoggerService {
  const write =
    (level: 'error' | 'warn' | 'debug') =>
    (message: unknown, ...rest: unknown[]): void =>
      logger[level]({ context: rest.at(-1) }, String(message));
  return {
    log: write('debug'),
    error: write('error'),
    warn: write('warn'),
    debug: write('debug'),
    verbose: write('debug'),
  };
}
