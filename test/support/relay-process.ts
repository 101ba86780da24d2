import { waitFor } from '@odf/testing';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { openHome } from '../../libs/persistence/src/embedded/cluster-home.js';
import { passwordOf } from '../../libs/persistence/src/embedded/cluster.js';
import { findPostmaster, stopPostmaster, type Postmaster } from '../../libs/persistence/src/embedded/postmaster.js';
import { rootStore } from '../../libs/persistence/src/embedded/reachable.js';

const ENTRY = resolve(import.meta.dirname, '../../dist/apps/relay/src/main.js');
/** A loaded machine with two cores takes its time. */
const BOOT_MS = 120_000;
const LAST_LINES = 20;

/** How a relay is started. */
export interface RelayOptions {
  /** The entries of its ODF_AVS_CONFIG. */
  avs: readonly object[];
  /** More environment; an undefined variable is left out. */
  env?: Readonly<Record<string, string | undefined>>;
}

/** The operator's token of every relay that tests start. */
export const OPERATOR_TOKEN = 'operator-token-of-the-tests';
/** A token of the role viewer. */
export const VIEWER_TOKEN = 'viewer-token-of-the-tests';

const started = new Set<RelayProcess>();
// Every spec that starts a relay takes it down, even when its own set-up fails half-way.
afterAll(async () => {
  await Promise.all([...started].map((relay) => relay.dispose()));
}, 60_000);

/** Starts a relay on a fresh data folder and waits until it is ready; it ends with the spec file. */
export async function startRelay(options: RelayOptions): Promise<RelayProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'odf-e2e-'));
  await chmod(folder, 0o711);
  await writeFile(join(folder, 'avs.json'), JSON.stringify(options.avs));
  const relay = new RelayProcess(folder, options.env ?? {});
  started.add(relay);
  await relay.start();
  return relay;
}

/** A relay as a process of its own, `node dist/apps/relay/src/main.js` on an embedded Postgres. */
export class RelayProcess {
  #child: ChildProcess | undefined;
  #log = '';
  #runFrom = 0;
  #url = '';

  constructor(
    private readonly folder: string,
    private readonly env: Readonly<Record<string, string | undefined>>,
  ) {}

  /** `http://0x<pubkey>@127.0.0.1:<port>`; the same after every restart. */
  get url(): string {
    return this.#url;
  }

  /** The URL without the key. */
  get origin(): string {
    return new URL(this.#url).origin;
  }

  get dataDir(): string {
    return join(this.folder, 'data');
  }

  /** The process id of the running relay; undefined when it is down. */
  get pid(): number | undefined {
    return isAlive(this.#child) ? this.#child?.pid : undefined;
  }

  /** Everything that all runs have written to standard output and error. */
  get log(): string {
    return this.#log;
  }

  /** Starts the process on its data folder, on the same port as before, and waits until it is ready. */
  async start(): Promise<void> {
    if (!existsSync(ENTRY)) throw new Error(`there is no ${ENTRY}: run npm run build first`);
    this.#runFrom = this.#log.length;
    const child = spawn(process.execPath, [ENTRY], { env: this.#environment(), stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (this.#log += text));
    }
    const ended = once(child, 'exit').then(([code, signal]) => {
      throw new Error(`the relay ended with ${code ?? signal}:\n${this.#lastLines()}`);
    });
    ended.catch(() => undefined);
    await Promise.race([ended, this.#untilReady()]);
  }

  /** SIGTERM, as a service manager does; returns the exit code. */
  async stop(): Promise<number | null> {
    return this.#end('SIGTERM');
  }

  /** `kill -9`: nothing in the process gets a chance to tidy up; its Postgres runs on. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** `kill -9`, then a new process on what the dead one left. */
  async killAndRestart(): Promise<void> {
    await this.kill();
    await this.start();
  }

  /** `kill -9` of the Postgres' postmaster; waits until that process is gone. */
  async killPostgres(): Promise<void> {
    const { pid } = this.#postmaster() ?? {};
    if (pid === undefined) throw new Error('no Postgres of this relay is running');
    process.kill(pid, 'SIGKILL');
    await waitFor(() => this.#postmaster()?.pid !== pid, { what: `Postgres ${pid} to end`, timeoutMs: 20_000 });
  }

  /** Whether the relay's Postgres runs; it outlives a killed relay. */
  isPostgresUp(): boolean {
    return this.#postmaster() !== undefined;
  }

  /** URL of the relay's database, for looking into it from outside. */
  databaseUrl(): string {
    const postmaster = this.#postmaster();
    if (!postmaster) throw new Error('no Postgres of this relay is running');
    const home = openHome(join(this.dataDir, 'postgres'));
    return `postgres://odf:${passwordOf(home)}@127.0.0.1:${postmaster.port}/odf`;
  }

  /** Ends the relay and its Postgres, however they are, and removes their files. */
  async dispose(): Promise<void> {
    started.delete(this);
    await this.kill();
    const postmaster = this.#postmaster();
    if (postmaster) await stopPostmaster(postmaster);
    const pointer = join(this.dataDir, 'postgres/location');
    const moved = existsSync(pointer) ? (await readFile(pointer, 'utf8')).trim() : undefined;
    if (moved && dirname(moved) === rootStore) await rm(moved, { recursive: true, force: true });
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  #environment(): NodeJS.ProcessEnv {
    return {
      PATH: process.env['PATH'],
      NODE_ENV: 'test',
      ODF_HOST: '127.0.0.1',
      ODF_PORT: this.#url ? new URL(this.#url).port : '0',
      ODF_DATA_DIR: this.dataDir,
      ODF_AVS_CONFIG: join(this.folder, 'avs.json'),
      ODF_ADMIN_TOKENS: `operator:${OPERATOR_TOKEN},viewer:${VIEWER_TOKEN}`,
      ODF_DEV: '1',
      CHAIN_RPC_URL: 'memory:',
      ...this.env,
    };
  }

  async #untilReady(): Promise<void> {
    const [, url] = await waitFor(() => /^ODF relay: (\S+)$/m.exec(this.#log.slice(this.#runFrom)), {
      timeoutMs: BOOT_MS,
      everyMs: 20,
      what: 'the relay to say its URL',
    });
    this.#url = url!;
    await waitFor(async () => (await fetch(`${this.origin}/readyz`)).status === 200, {
      timeoutMs: BOOT_MS,
      everyMs: 20,
      what: 'the relay to be ready',
    });
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    if (!child || !isAlive(child)) return child?.exitCode ?? null;
    // 'close' comes after the last output, so that the log is whole.
    const closed = once(child, 'close');
    child.kill(signal);
    await closed;
    return child.exitCode;
  }

  #postmaster(): Postmaster | undefined {
    const folder = join(this.dataDir, 'postgres');
    return existsSync(folder) ? findPostmaster(openHome(folder)) : undefined;
  }

  #lastLines(): string {
    return this.#log.trimEnd().split('\n').slice(-LAST_LINES).join('\n');
  }
}

function isAlive(child: ChildProcess | undefined): boolean {
  return child !== undefined && child.exitCode === null && child.signalCode === null;
}
