import type { ExecutionContext } from '@nestjs/common';
import type { Route } from '@odf/protocol';

/** Metadata key under which a handler keeps its protocol route. */
export const ROUTE = 'odf:route';

/** The protocol route of the handler that is being called. */
export function routeOf(context: ExecutionContext): Route {
  return Reflect.getMetadata(ROUTE, context.getHandler()) as Route;
}
