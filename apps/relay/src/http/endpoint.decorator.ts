import { applyDecorators, Get, HttpCode, Post, SetMetadata, UseGuards, UseInterceptors } from '@nestjs/common';
import type { Route } from '@odf/protocol';
import { AccessGuard } from './access.guard.js';
import { AnswerInterceptor } from './answer.interceptor.js';
import { ROUTE } from './route-metadata.js';

/** Fastify's form of an OpenAPI path. */
export function fastifyPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}

/** Serves a protocol route by this method: path, access, content negotiation and the form of the answer come from the route. */
export function Endpoint(
  route: Pick<Route, 'method' | 'path'> & { answer: Pick<Route['answer'], 'statuses'> },
): MethodDecorator {
  const bind = route.method === 'GET' ? Get : Post;
  return applyDecorators(
    bind(fastifyPath(route.path)),
    HttpCode(route.answer.statuses[0] ?? 400),
    SetMetadata(ROUTE, route),
    UseGuards(AccessGuard),
    UseInterceptors(AnswerInterceptor),
  );
}
