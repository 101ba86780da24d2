import type { FastifyInstance } from 'fastify';
import type { Socket } from 'node:net';

/**
 * Closes, when the relay drains, connections on which no request has come yet.
 *
 * Node counts them as busy until the time-out of their first header, so that a client which connects ahead of need, as
 * browsers and HTTP pools do, would hold up the drain.
 */
export function closeUnusedConnections(fastify: FastifyInstance): void {
  const unused = new Set<Socket>();
  fastify.server.on('connection', (socket: Socket) => {
    unused.add(socket);
    socket.once('close', () => unused.delete(socket));
  });
  fastify.server.on('request', ({ socket }: { socket: Socket }) => unused.delete(socket));
  fastify.addHook('preClose', async () => {
    for (const socket of unused) socket.destroy();
  });
}
