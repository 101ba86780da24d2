import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { OdfError, type ErrorCode } from '@odf/protocol';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { methodsFor } from './methods.js';

const byStatus: Readonly<Record<number, ErrorCode>> = {
  400: 'REQUEST_MALFORMED',
  404: 'ROUTE_UNKNOWN',
  405: 'METHOD_NOT_ALLOWED',
  413: 'BODY_TOO_LARGE',
  414: 'REQUEST_MALFORMED',
  415: 'MEDIA_TYPE_UNSUPPORTED',
  429: 'RATE_LIMITED',
  503: 'UNAVAILABLE',
};

/** Turns anything thrown into the protocol's error; what is not a refusal is logged and tells nothing to the outside. */
export function toOdfError(error: unknown, url: string): OdfError {
  if (error instanceof OdfError) return error;
  const status = statusOf(error);
  if (status === 404 && methodsFor(url).length > 0) return new OdfError('METHOD_NOT_ALLOWED');
  return new OdfError(byStatus[status] ?? 'INTERNAL');
}

function statusOf(error: unknown): number {
  if (error instanceof HttpException) return error.getStatus();
  const { statusCode, code } = (error ?? {}) as { statusCode?: unknown; code?: unknown };
  // Only the framework's own errors may choose a status; others are failures of ours.
  return typeof code === 'string' && code.startsWith('FST_ERR') && typeof statusCode === 'number' ? statusCode : 500;
}

/** Writes an error to a reply. */
export function sendError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const refusal = toOdfError(error, request.url);
  if (refusal.code === 'INTERNAL') request.log.error({ err: error }, 'a request failed');
  if (refusal.code === 'METHOD_NOT_ALLOWED') void reply.header('allow', methodsFor(request.url).join(', '));
  const retryAfter = refusal.retryAfterSeconds ?? (refusal.status === 429 || refusal.status === 503 ? 1 : undefined);
  if (retryAfter !== undefined) void reply.header('retry-after', String(retryAfter));
  void reply.status(refusal.status).header('content-type', 'application/json; charset=utf-8').send(refusal.toJson());
}

/** Answers every error of a handler as JSON with its code and hint. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    sendError(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }
}
