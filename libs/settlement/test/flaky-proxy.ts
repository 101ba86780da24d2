import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A way to a chain's RPC that can be cut, at once or behind a number of requests. */
export class FlakyProxy {
  /** Requests that still go through before the way is cut; Infinity for all. */
  left = Infinity;
  /** Is told the number of each request before it goes through, from 1. */
  onRequest: (number: number) => void = () => undefined;
  #passed = 0;
  url = '';
  readonly #server: Server;

  private constructor(private readonly target: string) {
    this.#server = createServer((from, to) => this.#forward(from, to));
  }

  static async to(target: string): Promise<FlakyProxy> {
    const proxy = new FlakyProxy(target);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    proxy.url = `http://127.0.0.1:${(proxy.#server.address() as AddressInfo).port}`;
    return proxy;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #forward(from: IncomingMessage, to: ServerResponse): void {
    if (this.left <= 0) return void from.socket.destroy();
    this.left -= 1;
    this.#passed += 1;
    this.onRequest(this.#passed);
    const onward = request(this.target, { method: from.method, headers: from.headers }, (answer) => {
      to.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(to);
    });
    onward.on('error', () => from.socket.destroy());
    from.pipe(onward);
  }
}
