import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A TCP proxy before a node that can be cut, with every connection through it, and mended. */
export class BreakableLine {
  #server: Server;
  #port = 0;
  #left = Infinity;
  #isCut = false;
  readonly #sockets = new Set<Socket>();

  private constructor(private readonly target: URL) {
    this.#server = this.#make();
  }

  static async open(rpcUrl: string): Promise<BreakableLine> {
    const line = new BreakableLine(new URL(rpcUrl));
    await line.#listen();
    return line;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Cuts by itself after so many requests have gone out, before their answer comes back. */
  cutAfter(requests: number): void {
    this.#left = requests;
  }

  async cut(): Promise<void> {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    await closed;
  }

  async mend(): Promise<void> {
    this.#left = Infinity;
    this.#isCut = false;
    if (this.#server.listening) return;
    this.#server = this.#make();
    await this.#listen();
  }

  #make(): Server {
    return createServer((near) => {
      // One that knocked just before the cut would be let in after it, and keep the line open for ever.
      if (this.#isCut) return void near.destroy();
      const far = connect(Number(this.target.port), this.target.hostname);
      for (const [from, to] of [[near, far] as const, [far, near] as const]) {
        this.#sockets.add(from);
        from.on('error', () => to.destroy());
        from.on('close', () => {
          this.#sockets.delete(from);
          to.destroy();
        });
      }
      near.on('data', (chunk) => {
        far.write(chunk);
        if (--this.#left <= 0) near.destroy();
      });
      far.on('data', (chunk) => near.write(chunk));
    });
  }

  async #listen(): Promise<void> {
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }
}
