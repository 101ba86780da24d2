import { OdfError, routes } from '@odf/protocol';
import type { FastifyInstance } from 'fastify';
import { sendError } from '../http/error.filter.js';

const paths: ReadonlySet<string | undefined> = new Set([routes.blindedBlocksV1.path, routes.blindedBlocksV2.path]);

/**
 * Refuses blinded blocks before anything else looks at the request.
 *
 * Whatever its size, media type or encoding, the answer is the same 400: a proposer's client must never take it for
 * anything but "this relay did not publish your block".
 */
export function refuseBlocksAtOnce(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    if (request.method === 'POST' && paths.has(request.routeOptions.url)) {
      sendError(new OdfError('BLOCKS_UNSUPPORTED'), request, reply);
    } else {
      done();
    }
  });
}
