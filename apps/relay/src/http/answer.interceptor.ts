import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { OdfError, type Route } from '@odf/protocol';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { catchError, map, throwError, type Observable } from 'rxjs';
import { z } from 'zod';
import { BatchRefusal } from './batch.js';
import { prefersBytes } from './negotiate.js';
import { routeOf } from './route-metadata.js';

/** An answer with another status than the route's usual one. */
export class Answer<A> {
  constructor(
    readonly value: A,
    readonly status: number,
    readonly retryAfterSeconds?: number,
  ) {}
}

/** An answer that is in its wire form already: busy routes write theirs without the schema, which checks every digit. */
export class WireAnswer {
  constructor(readonly json: unknown) {}
}

/** Writes what a handler returns: envelope, bare array, SSZ or nothing, as the route says; null is 204. */
@Injectable()
export class AnswerInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const route = routeOf(context);
    const http = context.switchToHttp();
    const reply = http.getResponse<FastifyReply>();
    const request = http.getRequest<FastifyRequest>();
    return next.handle().pipe(
      map((answer: unknown) => write(route, answer, reply, prefersBytes(route, request))),
      catchError((error: unknown) => throwError(() => withEncoder(route, error))),
    );
  }
}

function write(route: Route, answer: unknown, reply: FastifyReply, bytes: boolean): unknown {
  if (answer instanceof Answer) {
    void reply.status(answer.status);
    if (answer.retryAfterSeconds !== undefined) void reply.header('retry-after', String(answer.retryAfterSeconds));
    return write(route, answer.value, reply, bytes);
  }
  if (answer === null) {
    void reply.status(204);
    return undefined;
  }
  const { kind, schema, ssz } = route.answer;
  if (kind === 'bytes' || kind === 'events' || kind === 'empty' || !schema) return answer;
  if (bytes && ssz) return octets(reply, ssz.serialize(answer as never));
  if (bytes && answer instanceof Uint8Array) return octets(reply, answer);
  void reply.header('content-type', 'application/json; charset=utf-8');
  const encoded = answer instanceof WireAnswer ? answer.json : z.encode(schema, answer);
  return kind === 'list' || Array.isArray(encoded) ? encoded : { version: 'odf/1', data: encoded };
}

function octets(reply: FastifyReply, bytes: Uint8Array): Buffer {
  void reply.header('content-type', 'application/octet-stream');
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A partly refused batch still answers the good items, in the form of this route. */
function withEncoder(route: Route, error: unknown): unknown {
  if (!(error instanceof BatchRefusal)) return error;
  const { schema } = route.answer;
  const encode = (answer: unknown): unknown => {
    if (!schema) return {};
    const [encoded] = z.encode(schema, [answer]) as unknown[];
    return encoded;
  };
  return new EncodedRefusal(error.toJson(encode));
}

/** A partly refused batch, ready to be written. */
export class EncodedRefusal extends OdfError {
  constructor(readonly body: object) {
    super('BATCH_PARTLY_REFUSED');
  }

  override toJson(): ReturnType<OdfError['toJson']> {
    return this.body as ReturnType<OdfError['toJson']>;
  }
}
