import { createServer } from 'node:net';

function listens(port: number, host: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ port, host, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : undefined));
    });
  });
}

/** A port that nobody listens on: the preferred one if it is free. */
export async function freePort(preferred: number, host = '127.0.0.1'): Promise<number> {
  const port = (await listens(preferred, host)) ?? (await listens(0, host));
  if (port === undefined) throw new Error(`no port of ${host} can be listened on`);
  return port;
}
